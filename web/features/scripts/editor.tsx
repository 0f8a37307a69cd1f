// The page on which an operator writes a script: what it is, when it may run, what it asks for, and how tenants see that.
import { useNavigate, useParams } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { SCRIPT_EVENTS, TIMEOUT_SECONDS } from "../../../worker/rules/scripts.ts";
import type { ScriptSourceView } from "../../../worker/rules/views-automation.ts";
import type { Problem } from "../../../worker/rules/views.ts";
import { scriptsApi } from "../../api-automation.ts";
import { problemOf } from "../../api.ts";
import { t, type Key } from "../../i18n/language.ts";
import { fieldWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { AreaField, CheckField, NumberField, TextField } from "../../ui/field.tsx";
import type { FieldErrors } from "../../ui/form.ts";
import { Load } from "../../ui/load.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { Main, Split } from "../../ui/split.tsx";
import { NotFound } from "../frame/not-found.tsx";
import { bodyOf, draftFaults, draftOf, NEW_SCRIPT, type Draft } from "./draft.ts";
import { FormPreview } from "./form-preview.tsx";
import { ParameterRows } from "./parameter-rows.tsx";
import { useScriptSources } from "./queries.ts";
import styles from "./scripts.module.css";

const NEW = "new";
const LIST = "/operator/scripts";

export default function ScriptEditor() {
  const params = useParams<{ script: string }>();
  const query = useScriptSources();
  return (
    <Load
      query={query}
      frame={(title, inner) => (
        <Page title={title} crumbs={crumbs()}>
          {inner}
        </Page>
      )}
    >
      {(data) => {
        const known = () => data().scripts.find((script) => script.id === params.script) ?? null;
        return (
          <Show when={known() ?? params.script === NEW} fallback={<NotFound />} keyed>
            <Page title={known()?.name ?? t("scripts.new")} crumbs={crumbs()}>
              <Editor known={known()} />
            </Page>
          </Show>
        );
      }}
    </Load>
  );
}

const crumbs = () => [{ label: t("nav.scripts"), href: LIST }];

function Editor(props: { known: ScriptSourceView | null }) {
  const navigate = useNavigate();
  // The page is made anew for another script; what is typed here is not taken away by what comes from elsewhere.
  const known = props.known;
  const [draft, setDraft] = createStore<Draft>(known ? draftOf(known) : NEW_SCRIPT);
  const [errors, setErrors] = createSignal<FieldErrors>({});
  const [problem, setProblem] = createSignal<Problem | null>(null);
  const [busy, setBusy] = createSignal(false);
  let element!: HTMLFormElement;
  const error = (field: string) => {
    const fault = errors()[field];
    return fault ? fieldWords(fault.code, fault.params) : undefined;
  };
  const set = <Field extends keyof Draft>(field: Field, value: Draft[Field]) => {
    setDraft({ [field]: value } as unknown as Partial<Draft>);
    // Rows move when one goes: what was said of any of them is said anew with the next attempt.
    setErrors((all) =>
      Object.fromEntries(Object.entries(all).filter(([key]) => key !== field && !key.startsWith(`${field}/`))),
    );
  };
  const focusFirst = () => queueMicrotask(() => element.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());

  async function save(event: SubmitEvent) {
    event.preventDefault();
    if (busy()) return;
    setProblem(null);
    setErrors(draftFaults(draft));
    if (Object.keys(errors()).length > 0) return focusFirst();
    setBusy(true);
    try {
      if (known) await scriptsApi.change(known.id, bodyOf(draft));
      else await scriptsApi.add(bodyOf(draft));
      void queryClient.invalidateQueries({ queryKey: keys.scriptSources });
      navigate(LIST);
    } catch (thrown) {
      const refusal = problemOf(thrown);
      setErrors(
        Object.fromEntries(
          (refusal.errors ?? []).map((row) => [
            row.pointer.replace(/^#\//, ""),
            { code: row.code, params: row.params ?? {} },
          ]),
        ),
      );
      setProblem(refusal);
      focusFirst();
    } finally {
      setBusy(false);
    }
  }

  return (
    <form ref={(node) => (element = node)} novalidate onSubmit={save}>
      <Split>
        <Main loose>
          <Section title={t("service.details")}>
            <div class={styles.fields}>
              <TextField
                label={t("scripts.field.name")}
                name="name"
                autocomplete="off"
                maxLength={60}
                value={draft.name}
                onValue={(value) => set("name", value)}
                error={error("name")}
              />
              <AreaField
                label={t("scripts.field.description")}
                hint={t("scripts.field.descriptionHint")}
                name="description"
                prose
                rows={2}
                maxLength={400}
                value={draft.description}
                onValue={(value) => set("description", value)}
                error={error("description")}
              />
              <fieldset class={styles.events} tabIndex={-1} aria-invalid={error("events") ? "true" : undefined}>
                <legend>{t("scripts.field.events")}</legend>
                <For each={SCRIPT_EVENTS}>
                  {(event) => (
                    <CheckField
                      label={t(`scripts.event.${event}` as Key)}
                      name={event}
                      checked={draft.events.includes(event)}
                      onChecked={(wanted) =>
                        set(
                          "events",
                          SCRIPT_EVENTS.filter((each) => (each === event ? wanted : draft.events.includes(each))),
                        )
                      }
                    />
                  )}
                </For>
                <Show when={error("events")}>{(words) => <p class={styles.error}>{words()}</p>}</Show>
              </fieldset>
              <CheckField
                label={t("scripts.field.active")}
                hint={t("scripts.field.activeHint")}
                name="active"
                checked={draft.active}
                onChecked={(checked) => set("active", checked)}
              />
            </div>
          </Section>
          <Section title={t("scripts.parameters")} flush>
            <ParameterRows
              rows={draft.parameters}
              onRows={(rows) => set("parameters", rows)}
              onRow={(index, change) => {
                setDraft("parameters", (rows) => rows.map((row, at) => (at === index ? { ...row, ...change } : row)));
                setErrors((all) =>
                  Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith(`parameters/${index}/`))),
                );
              }}
              error={(index, field) => error(`parameters/${index}/${field}`)}
            />
          </Section>
          <Section title={t("scripts.field.body")}>
            <div class={styles.fields}>
              <AreaField
                label={t("scripts.field.shell")}
                hint={t("scripts.field.bodyHint")}
                name="body"
                rows={16}
                spellcheck={false}
                autocapitalize="none"
                wrap="off"
                value={draft.body}
                onValue={(value) => set("body", value)}
                error={error("body")}
              />
              <div class={styles.narrow}>
                <NumberField
                  label={t("scripts.field.timeout")}
                  hint={t("scripts.field.timeoutHint")}
                  name="timeoutSeconds"
                  unit="s"
                  min={TIMEOUT_SECONDS[0]}
                  max={TIMEOUT_SECONDS[1]}
                  value={draft.timeoutSeconds}
                  onValue={(value) => set("timeoutSeconds", value)}
                  error={error("timeoutSeconds")}
                />
              </div>
            </div>
          </Section>
          <ProblemNote problem={problem()} />
          <div class={styles.end}>
            <LinkButton href={LIST}>{t("action.cancel")}</LinkButton>
            <Button type="submit" variant="primary" busy={busy()}>
              {t("action.save")}
            </Button>
          </div>
        </Main>
        <FormPreview rows={draft.parameters} name={draft.name} description={draft.description} />
      </Split>
    </form>
  );
}
