// The questions asked before services are shut down, restarted, cut off or deleted; fetched when the first one comes up.
import { question, stopAsking, type PowerQuestion } from "./ask.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { PowerDialog } from "./power-dialog.tsx";

export default function ServiceQuestions(props: { tenantId: string }) {
  return (
    <>
      <PowerDialog question={powerQuestion()} onClose={stopAsking} />
      <DeleteDialog tenantId={props.tenantId} service={toDelete()} onClose={stopAsking} />
    </>
  );
}

function powerQuestion(): PowerQuestion | null {
  const asked = question();
  return asked && asked.action !== "delete" ? asked : null;
}

function toDelete() {
  const asked = question();
  return asked?.action === "delete" ? asked.service : null;
}
