// OpenSSH public keys that a person keeps.
import { Hono } from "hono";
import { z } from "zod";
import { addSshKey, listSshKeys, removeSshKey } from "../domain/accounts/ssh-keys.ts";
import type { HttpEnv } from "../http/context.ts";
import { inPerson, signedIn } from "../http/session.ts";
import { param, ruled, validate } from "../http/validate.ts";
import { sshKeyProblem, tenantNameProblem } from "../rules/names.ts";

const NewKey = z.strictObject({ name: ruled(tenantNameProblem), line: ruled(sshKeyProblem) });

export const sshKeyRoutes = new Hono<HttpEnv>()
  .use("*", signedIn, inPerson)
  .get("/", async (context) => context.json({ keys: await listSshKeys(context.get("deps"), context.get("actor")) }))
  .post("/", validate("json", NewKey), async (context) => {
    const key = await addSshKey(context.get("deps"), context.get("actor"), context.req.valid("json"));
    return context.json({ key }, 201);
  })
  .delete("/:key", async (context) => {
    await removeSshKey(context.get("deps"), context.get("actor"), param(context, "key"));
    return context.json({ ok: true });
  });
