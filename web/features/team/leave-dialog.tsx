// Asks before a membership ends or changes hands: removing somebody, leaving, handing a tenant over.
import { useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import type { MemberView } from "../../../worker/rules/views-people.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { SureDialog, type Sure } from "../../ui/sure-dialog.tsx";
import { showToast } from "../../ui/toast.tsx";

export interface Parting {
  member: MemberView;
  how: "remove" | "leave" | "hand-over";
}

export function LeaveDialog(props: {
  parting: Parting | null;
  place: string;
  placeName: string;
  onClose: () => void;
  onDone: () => void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const words = (member: MemberView) => ({ name: member.name, tenant: props.placeName });
  const question = ({ member, how }: Parting): Sure => ({
    title: t(`team.ask.${how}`, words(member)),
    text: t(`team.text.${how}`, words(member)),
    confirm: t(`team.confirm.${how}`),
    act: async () => {
      await (how === "hand-over"
        ? peopleApi.transfer(props.place, member.id)
        : peopleApi.removeMember(props.place, member.id));
      // Not waited for: where it leads away from, the dialog is to be closed before.
      void follow({ member, how });
    },
  });

  async function follow({ member, how }: Parting) {
    showToast({ tone: "good", text: t(`team.done.${how}`, words(member)) });
    if (how === "remove") return props.onDone();
    await client.invalidateQueries({ queryKey: keys.me });
    if (how === "leave") navigate("/", { replace: true });
    else props.onDone();
  }

  return <SureDialog question={props.parting && question(props.parting)} onClose={props.onClose} />;
}
