// Asks before a membership ends or changes hands: removing somebody, leaving, handing a tenant over.
import { useNavigate } from "@solidjs/router";
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, createSignal, on, Show } from "solid-js";
import type { MemberView } from "../../../worker/rules/views-people.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { problemOf } from "../../api.ts";
import { peopleApi } from "../../api-people.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
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
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<Problem | null>(null);
  createEffect(
    on(
      () => props.parting,
      () => setProblem(null),
    ),
  );

  async function go({ member, how }: Parting) {
    setBusy(true);
    setProblem(null);
    try {
      await (how === "hand-over"
        ? peopleApi.transfer(props.place, member.id)
        : peopleApi.removeMember(props.place, member.id));
    } catch (thrown) {
      setProblem(problemOf(thrown));
      return;
    } finally {
      setBusy(false);
    }
    props.onClose();
    showToast({ tone: "good", text: t(`team.done.${how}`, words(member)) });
    if (how === "remove") return props.onDone();
    await client.invalidateQueries({ queryKey: keys.me });
    if (how === "leave") navigate("/", { replace: true });
    else props.onDone();
  }

  const words = (member: MemberView) => ({ name: member.name, tenant: props.placeName });
  return (
    <Dialog
      open={props.parting !== null}
      onClose={props.onClose}
      title={t(`team.ask.${props.parting?.how ?? "remove"}`, props.parting ? words(props.parting.member) : {})}
    >
      <Show when={props.parting}>
        {(parting) => (
          <DialogBody
            actions={
              <>
                <Button onClick={props.onClose}>{t("action.cancel")}</Button>
                <Button variant="danger" busy={busy()} onClick={() => go(parting())}>
                  {t(`team.confirm.${parting().how}`)}
                </Button>
              </>
            }
          >
            <p>{t(`team.text.${parting().how}`, words(parting().member))}</p>
            <ProblemNote problem={problem()} />
          </DialogBody>
        )}
      </Show>
    </Dialog>
  );
}
