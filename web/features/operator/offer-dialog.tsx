// Offers an image to tenants: under which name they find it.
import { useQueryClient } from "@tanstack/solid-query";
import { createEffect, on, Show } from "solid-js";
import { tenantNameProblem } from "../../../worker/rules/names.ts";
import { operatorLifeApi, type FoundImage } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { keys } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { faults } from "../account/checks.ts";

export function OfferDialog(props: { clusterId: string; image: FoundImage | null; onClose: () => void }) {
  const client = useQueryClient();
  const form = createForm({ name: "" }, (values) => faults({ name: tenantNameProblem(values.name) }));
  createEffect(
    on(
      () => props.image,
      (image) => {
        if (image) form.reset({ name: image.name });
      },
    ),
  );

  async function submit(event: SubmitEvent, image: FoundImage) {
    const done = await form.submit(event, ({ name }) =>
      operatorLifeApi.offerImage({ clusterId: props.clusterId, volume: image.volume, name: name.trim() }),
    );
    if (!done) return;
    void client.invalidateQueries({ queryKey: keys.operatorImages(props.clusterId) });
    props.onClose();
  }

  return (
    <Dialog open={props.image !== null} onClose={props.onClose} title={t("images.offerTitle")}>
      <Show when={props.image}>
        {(image) => (
          <DialogForm
            form={form}
            onSubmit={(event) => submit(event, image())}
            onClose={props.onClose}
            confirm={t("images.offer")}
          >
            <p class="quiet mono">{image().volume}</p>
            <TextField
              label={t("templates.field.name")}
              hint={t("images.nameHint")}
              name="name"
              autocomplete="off"
              maxLength={60}
              value={form.values.name}
              onValue={(value) => form.set("name", value)}
              error={form.error("name")}
              autofocus
            />
          </DialogForm>
        )}
      </Show>
    </Dialog>
  );
}
