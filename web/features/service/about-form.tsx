// What a service is called and what is said of it: the name goes to the machine, notes and tags stay in the portal.
import { MAX_TAGS, nameProblem, noteProblem, tagProblem } from "../../../worker/rules/names.ts";
import type { ServiceView } from "../../../worker/rules/views.ts";
import { lifeApi } from "../../api-life.ts";
import { t } from "../../i18n/language.ts";
import { Button } from "../../ui/button.tsx";
import { AreaField, TextField } from "../../ui/field.tsx";
import { createForm, onChange } from "../../ui/form.ts";
import { Section } from "../../ui/page.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { TagField } from "../../ui/tags.tsx";
import { showToast } from "../../ui/toast.tsx";
import { faults } from "../account/checks.ts";
import { applyAccepted, applyEvent } from "../feed/apply.ts";
import { useTenant } from "../frame/session.tsx";
import styles from "./service.module.css";

export function AboutForm(props: { service: ServiceView; disabled: boolean; wordsDisabled: boolean }) {
  return (
    <Section title={t("about.title")}>
      <div class={styles.parts}>
        <NameForm service={props.service} disabled={props.disabled} />
        <WordsForm service={props.service} disabled={props.wordsDisabled} />
      </div>
    </Section>
  );
}

function NameForm(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const form = createForm({ name: props.service.name }, (values) => faults({ name: nameProblem(values.name) }));
  onChange(
    () => [props.service.id, props.service.name],
    () => form.reset({ name: props.service.name }),
  );
  let key = crypto.randomUUID();

  async function submit(event: SubmitEvent) {
    await form.submit(event, async ({ name }) => {
      applyAccepted(id(), await lifeApi.rename(id(), props.service.id, name, key));
    });
    key = crypto.randomUUID();
  }

  return (
    <form novalidate class={styles.size} onSubmit={submit}>
      <div class={styles.oneLine}>
        <TextField
          label={t("launch.name")}
          hint={t(props.service.power === "stopped" ? "launch.nameHint" : "about.nameHint")}
          name="name"
          mono
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={63}
          disabled={props.disabled}
          value={form.values.name}
          onValue={(value) => form.set("name", value)}
          error={form.error("name")}
        />
        <Button
          type="submit"
          busy={form.busy()}
          disabled={props.disabled || form.values.name.trim() === props.service.name}
        >
          {t("about.rename")}
        </Button>
      </div>
      <ProblemNote problem={form.problem()} />
    </form>
  );
}

interface Words {
  description: string;
  tags: readonly string[];
}

function WordsForm(props: { service: ServiceView; disabled: boolean }) {
  const { id } = useTenant();
  const present = (): Words => ({ description: props.service.description, tags: [...props.service.tags] });
  const form = createForm<Words>(present(), (values) =>
    faults({
      description: noteProblem(values.description),
      tags: values.tags.length > MAX_TAGS ? "too_many" : values.tags.some(tagProblem) ? "tag_format" : null,
    }),
  );
  onChange(
    () => [props.service.id, present()],
    () => form.reset(present()),
  );
  const isChanged = () =>
    form.values.description !== props.service.description ||
    form.values.tags.join(" ") !== props.service.tags.join(" ");

  const submit = (event: SubmitEvent) =>
    form.submit(event, async ({ description, tags }) => {
      const { service } = await lifeApi.describe(id(), props.service.id, { description, tags: [...tags] });
      applyEvent(id(), { type: "service", service });
      showToast({ tone: "plain", text: t("about.saved") });
    });

  return (
    <form novalidate class={styles.size} onSubmit={submit}>
      <AreaField
        label={t("about.description")}
        name="description"
        prose
        optional
        rows={3}
        maxLength={400}
        disabled={props.disabled}
        value={form.values.description}
        onValue={(value) => form.set("description", value)}
        error={form.error("description")}
      />
      <TagField
        label={t("about.tags")}
        hint={t("about.tagsHint")}
        optional
        disabled={props.disabled}
        tags={form.values.tags}
        onTags={(tags) => form.set("tags", tags)}
        error={form.error("tags")}
      />
      <ProblemNote problem={form.problem()} />
      <div class={styles.buttons}>
        <Button type="submit" busy={form.busy()} disabled={props.disabled || !isChanged()}>
          {t("action.save")}
        </Button>
      </div>
    </form>
  );
}
