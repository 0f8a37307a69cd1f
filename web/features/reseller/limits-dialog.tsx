// The limits of a tenant below, with what they do to one's own quota as one types.
import { createEffect, createSignal, on, Show } from "solid-js";
import { treeApi } from "../../api-tree.ts";
import { t } from "../../i18n/language.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { createForm } from "../../ui/form.ts";
import { showToast } from "../../ui/toast.tsx";
import { refreshTree, useOwnQuota, useTree, type Above } from "./above.ts";
import { CarveEffect } from "./carve-effect.tsx";
import { carvedModes, emptyLimits, limitsBody, modesOf, ownLimits, type TypedLimits } from "./carve.ts";
import { stopAsking, type ChildRef } from "./child-actions.tsx";
import { LimitFields } from "./limit-fields.tsx";

export function LimitsDialog(props: { above: Above; child: ChildRef | null }) {
  const tree = useTree(props.above.id);
  const quota = useOwnQuota(props.above);
  const form = createForm<TypedLimits>(emptyLimits());
  const [modes, setModes] = createSignal(carvedModes());
  const now = () => tree.data?.nodes.find((node) => node.id === props.child?.id)?.envelopes ?? [];
  createEffect(
    on(
      () => props.child?.id,
      (id) => {
        if (!id) return;
        form.reset(ownLimits(now()));
        setModes(modesOf(now()));
      },
    ),
  );

  async function submit(event: SubmitEvent, child: ChildRef) {
    const done = await form.submit(event, (values) => {
      const body = limitsBody(values, modes(), modesOf(now()));
      return treeApi.setLimits(props.above.id(), child.id, body);
    });
    if (!done) return;
    refreshTree(props.above.id());
    showToast({ tone: "good", text: t("limits.saved", { name: child.name }) });
    stopAsking();
  }

  return (
    <Dialog
      open={props.child !== null}
      onClose={stopAsking}
      title={t("limits.of", { name: props.child?.name ?? "" })}
      wide
    >
      <Show when={props.child}>
        {(child) => (
          <DialogForm
            form={form}
            onSubmit={(event) => submit(event, child())}
            onClose={stopAsking}
            confirm={t("action.save")}
          >
            <LimitFields
              values={form.values}
              modes={modes()}
              now={now()}
              onValue={(resource, value) => form.set(resource, value)}
              onMode={(resource, mode) => setModes({ ...modes(), [resource]: mode })}
              errors={(resource) => form.error(resource)}
            />
            <CarveEffect quota={quota.rows()} carve={limitsBody(form.values, modes(), modesOf(now()))} before={now()} />
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}
