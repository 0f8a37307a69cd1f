// What the Worker is given: bindings as they are, variables and secrets parsed once per isolate.
import { z } from "zod";
import type { MailMessage } from "./domain/mail.ts";
import type { DueRuns } from "./domain/schedules/claiming.ts";

/** The bindings of wrangler.toml (`npm run gen` derives them), the queues' messages typed. */
export type Bindings = Omit<Generated, "MAIL" | "SCHEDULES"> & {
  MAIL: Queue<MailMessage>;
  SCHEDULES: Queue<DueRuns>;
  OIDC_SECRETS?: string;
};

/** What a run of the operations workflow is told; everything else stands in D1. */
export interface OperationParams {
  operationId: string;
  /** Which run this is; a run that is not the latest leaves at once. */
  attempt: number;
}

const milliseconds = z.coerce.number().int().positive();

/** A text that is JSON of this shape. */
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "is not JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** A provider of OpenID Connect to sign in with. */
const Provider = z.strictObject({
  /** Part of the address that it leads back to: `/api/auth/callback/<id>`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  name: z.string().min(1).max(60),
  discoveryUrl: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  scopes: z.array(z.string()).default(["openid", "email", "profile"]),
});

const KEY_ID = /^[a-z0-9-]{1,16}$/;
const sealingKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

const Variables = z
  .object({
    PUBLIC_ORIGIN: z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin),
    OPERATOR_EMAILS: z.string().transform((text) =>
      text
        .split(",")
        .map((address) => address.trim().toLowerCase())
        .filter((address) => address !== ""),
    ),
    MAIL_ENDPOINT: z.string(),
    MAIL_FROM: z.string().min(3),
    POLL_PERIOD_MS: milliseconds,
    PVE_TIMEOUT_MS: milliseconds,
    OPERATION_LEASE_MS: milliseconds,
    STEP_BUDGET_MS: milliseconds,
    RECONCILE_PERIOD_MS: milliseconds,
    /** "1" where answers and the log are to tell what each request and each turn of an operation costs in rows of D1. */
    MEASURE_COST: z.enum(["", "1"]),
    /** `off` only where one person sends what hundreds would: tests and benchmarks. */
    REQUEST_LIMITS: z.enum(["on", "off"]),
    SIGN_IN_LIMIT: z.coerce.number().int().positive(),
    OIDC_PROVIDERS: json(
      z.array(Provider).refine((list) => new Set(list.map((provider) => provider.id)).size === list.length),
    ),
    /** Client secret by provider id, as JSON; public clients have none. */
    OIDC_SECRETS: json(z.record(z.string(), z.string().min(1))).default({}),
    AUTH_SECRET: z.string().min(32),
    /** 32 bytes in base64: the key that seals secrets at rest. */
    ENCRYPTION_KEY: sealingKey,
    /** Names that key in every text that it has sealed. */
    ENCRYPTION_KEY_ID: z.string().regex(KEY_ID),
    /** Keys of before, while secrets are still sealed under them: `k1:<base64>,k0:<base64>`. */
    ENCRYPTION_KEYS_OLD: z
      .string()
      .default("")
      .transform((text, context) => {
        const pairs = text.split(",").filter((pair) => pair.trim() !== "");
        return new Map(
          pairs.map((pair): [string, string] => {
            const [id = "", key] = pair.trim().split(/:(.*)/s);
            if (!KEY_ID.test(id) || !sealingKey.safeParse(key).success)
              context.addIssue({ code: "custom", message: "is no list of keys" });
            return [id, key ?? ""];
          }),
        );
      }),
    MAIL_TOKEN: z.string(),
  })
  .refine((config) => !config.ENCRYPTION_KEYS_OLD.has(config.ENCRYPTION_KEY_ID), {
    path: ["ENCRYPTION_KEYS_OLD"],
    message: "has the current key's id",
  });

export type Config = z.infer<typeof Variables>;

const parsed = new WeakMap<object, Config>();

/** Variables and secrets of this deployment; throws, naming the faulty ones (never their values), where one is missing or wrong. */
export function configOf(env: Bindings): Config {
  const known = parsed.get(env);
  if (known) return known;
  const result = Variables.safeParse(env);
  if (!result.success) {
    const names = result.error.issues.map((issue) => issue.path.join("."));
    throw new Error(`These variables or secrets are missing or wrong: ${[...new Set(names)].join(", ")}`);
  }
  parsed.set(env, result.data);
  return result.data;
}
