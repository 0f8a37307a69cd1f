// Choosing a script of the catalogue for a service: which, when it runs, and what it is filled in with.
import { createEffect, createMemo, createSignal, on, Show } from "solid-js";
import type { ScriptEvent } from "../../../worker/rules/scripts.ts";
import type { ScriptView, ServiceScriptView } from "../../../worker/rules/views-automation.ts";
import { automationApi, type NewChoiceBody } from "../../api-automation.ts";
import { t, type Key } from "../../i18n/language.ts";
import { keys, queryClient } from "../../queries.ts";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField } from "../../ui/field.tsx";
import { createForm } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Empty } from "../../ui/page.tsx";
import { ParameterFields } from "./parameter-fields.tsx";
import { useScripts } from "./queries.ts";
import { initialValues, sentValues, valueFaults, type Values } from "./values.ts";

interface Subject {
  id: string;
  name: string;
}

interface DialogProps {
  tenantId: string;
  /** Open while there is one. */
  service: Subject | null;
  chosen: readonly ServiceScriptView[];
  onClose: () => void;
}

export function ChooseDialog(props: DialogProps) {
  const catalogue = useScripts(
    () => props.tenantId,
    () => props.service !== null,
  );
  return (
    <Dialog
      open={props.service !== null}
      onClose={props.onClose}
      title={t("scripts.addTo", { name: props.service?.name ?? "" })}
    >
      <Show when={props.service}>
        {(service) => (
          <Load query={catalogue}>
            {(data) => {
              const free = createMemo(() =>
                data().scripts.filter((script) => freeEvents(script, props.chosen).length > 0),
              );
              return (
                <Show
                  when={free()[0]}
                  fallback={<Empty title={t("scripts.noCatalogue")} text={t("scripts.noCatalogueText")} />}
                >
                  {(first) => <ChooseForm {...props} service={service()} scripts={free()} first={first()} />}
                </Show>
              );
            }}
          </Load>
        )}
      </Show>
    </Dialog>
  );
}

type Later = NewChoiceBody["event"];

/** Moments that a script may still be chosen for. The first boot is over. */
function freeEvents(script: ScriptView, chosen: readonly ServiceScriptView[]): Later[] {
  const isFree = (event: ScriptEvent): event is Later =>
    event !== "first_boot" && !chosen.some((choice) => choice.script.id === script.id && choice.event === event);
  return script.events.filter(isFree);
}

type FormProps = DialogProps & { service: Subject; scripts: readonly ScriptView[]; first: ScriptView };

function ChooseForm(props: FormProps) {
  const [scriptId, setScriptId] = createSignal(props.first.id);
  const script = () => props.scripts.find((candidate) => candidate.id === scriptId()) ?? props.first;
  const events = () => freeEvents(script(), props.chosen);
  const [wanted, setWanted] = createSignal<Later | null>(null);
  const event = () => events().find((candidate) => candidate === wanted()) ?? events()[0] ?? "on_demand";
  const form = createForm<Record<string, string>>(initialValues(props.first.parameters), (values) =>
    valueFaults(script().parameters, ownOf(script(), values)),
  );
  createEffect(on(scriptId, () => form.reset(initialValues(script().parameters)), { defer: true }));

  async function submit(submitted: SubmitEvent) {
    const done = await form.submit(submitted, (values) =>
      automationApi.chooseScript(props.tenantId, props.service.id, {
        scriptId: script().id,
        event: event(),
        values: sentValues(ownOf(script(), values)),
      }),
    );
    if (!done) return;
    void queryClient.invalidateQueries({ queryKey: keys.serviceScripts(props.tenantId, props.service.id) });
    props.onClose();
  }

  return (
    <DialogForm form={form} onSubmit={submit} onClose={props.onClose} confirm={t("scripts.add")}>
      <SelectField
        label={t("scripts.choose")}
        hint={script().description}
        value={script().id}
        onValue={setScriptId}
        options={props.scripts.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <SelectField
        label={t("scripts.when")}
        value={event()}
        onValue={(value) => setWanted(value as Later)}
        options={events().map((value) => ({ value, label: t(`scripts.event.${value}` as Key) }))}
      />
      <ParameterFields
        parameters={script().parameters}
        values={form.values}
        onValue={(name, value) => form.set(name, value)}
        error={form.error}
      />
    </DialogForm>
  );
}

/** The form's record keeps what another script was filled in with: only what this one asks for counts. */
function ownOf(script: ScriptView, values: Values): Values {
  return Object.fromEntries(script.parameters.map(({ name }) => [name, values[name] ?? ""]));
}
