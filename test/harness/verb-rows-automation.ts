// Rows of the table of verbs that operators have to offer something for: images for the drive, scripts to run.
import type { ScriptRunView, ServiceScriptView } from "../../worker/rules/views-automation.ts";
import { serviceOf } from "./portal.ts";
import { at, NOT_READY, ofService, own } from "./verb-subjects.ts";
import type { Subject, Verb } from "./verb-table.ts";
import { SAID } from "./verb-world.ts";

/** The image that is to be in the drive: the one that there is, or none where it is in there already. */
function wished(subject: Subject): string | null {
  return own(subject).imageId === null ? subject.image : null;
}

const media: Verb = {
  kind: "media",
  need: "service.change",
  machinesOnly: true,
  prepare: async (world, guest) => ({ ...(await ofService(world, guest)), image: world.image() }),
  ask: (subject) => ({
    method: "PUT",
    path: `/services/${own(subject).id}/media`,
    body: { imageId: wished(subject) },
  }),
  calls: ({ guest }, vmid) => [
    { step: "media", method: "POST", path: at(guest, vmid, "/config"), task: "qmconfig" },
    { step: "media", method: "GET", path: at(guest, vmid, "/pending"), reads: true },
  ],
  came: async (_world, subject) => {
    const { imageId } = await serviceOf(subject.tenant, own(subject).id);
    return imageId === wished(subject) ? [] : [`has ${imageId} in its drive`];
  },
  takes: "takes nothing: images are the operator's",
  wrong: () => [
    NOT_READY,
    {
      what: "an image that is none",
      of: "on",
      code: "image_unavailable",
      change: (ask) => ({ ...ask, body: { imageId: "img_00000000000000000000" } }),
    },
  ],
  bad: (subject) => [{}, { imageId: 1 }, { imageId: null, never: 1 }].map((body) => ({ ...media.ask(subject), body })),
};

const script: Verb = {
  kind: "script",
  need: "service.script",
  machinesOnly: true,
  // None can be chosen for a container.
  refusedAs: "not_found",
  prepare: async (world, guest) => {
    const subject = await ofService(world, guest, { power: "running" });
    return { ...subject, choice: await world.choice(own(subject).id) };
  },
  ask: (subject) => ({ method: "POST", path: `/services/${own(subject).id}/scripts/${subject.choice}/run` }),
  calls: ({ guest }, vmid) => [
    // Looked whether an agent answers, handed over, and looked how it goes.
    { step: "scripts", method: "POST", path: at(guest, vmid, "/agent/exec") },
    { step: "scripts", method: "POST", path: at(guest, vmid, "/agent/exec"), after: 1 },
    { step: "scripts", method: "GET", path: at(guest, vmid, "/agent/exec-status"), reads: true },
  ],
  came: async (_world, subject, { operation }) => {
    const path = subject.tenant.at(`/services/${own(subject).id}/scripts`);
    const { runs } = await subject.tenant.person.ok<{ scripts: ServiceScriptView[]; runs: ScriptRunView[] }>(
      "GET",
      path,
    );
    const [run] = runs.filter((row) => row.startedAt >= operation.startedAt);
    const isDone = run?.state === "succeeded" && run.output.trim() === SAID;
    return isDone ? [] : [`its run is ${JSON.stringify(run)}`];
  },
  takes: "takes nothing: it runs in what is there",
  wrong: () => [
    { ...NOT_READY, code: "not_found" },
    { what: "one that is off", of: "off", code: "not_running" },
  ],
  bad: () => [],
};

export const AUTOMATION: readonly Verb[] = [media, script];
