// First step of a launch: which template of the catalogue.
import { For, Show } from "solid-js";
import type { TemplateView } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { sizeText } from "../../i18n/words.ts";
import { TemplateLogo } from "../../ui/logo.tsx";
import type { StepProps } from "./launch.tsx";
import styles from "./launch.module.css";

export function TemplateStep(props: StepProps) {
  // A short catalogue is seen at a glance; headings over one card each would only push it apart.
  const isShort = () => props.catalogue.templates.length <= SHORT;
  const categories = () => [
    ...new Set(props.catalogue.templates.map((template) => (isShort() ? "" : template.category))),
  ];
  return (
    <div class={styles.step}>
      <h2 tabIndex={-1}>{t("launch.chooseTemplate")}</h2>
      <For each={categories()}>
        {(category) => (
          <section class={styles.category}>
            <Show when={categories().length > 1}>
              <h3>{category}</h3>
            </Show>
            <ul class={styles.cards}>
              <For each={props.catalogue.templates.filter((template) => isShort() || template.category === category)}>
                {(template) => <TemplateCard {...props} template={template} />}
              </For>
            </ul>
          </section>
        )}
      </For>
    </div>
  );
}

/** Up to so many templates stand in one grid without headings. */
const SHORT = 6;

function TemplateCard(props: StepProps & { template: TemplateView }) {
  return (
    <li>
      <button
        type="button"
        class={styles.template}
        data-template-id={props.template.id}
        aria-pressed={props.state.templateId === props.template.id}
        onClick={() => {
          props.dispatch({ type: "template", template: props.template, catalogue: props.catalogue });
          props.go(2);
        }}
      >
        <TemplateLogo name={props.template.logo} />
        <span class={styles.templateText}>
          <span class={styles.templateHead}>
            <b>{props.template.name}</b>
            <span class={styles.tag}>{t(`template.${props.template.kind}` as Key)}</span>
          </span>
          <span class={styles.description}>{props.template.description}</span>
          <span class={`${styles.from} figures`}>
            {t("launch.from", {
              size: sizeText({
                cores: props.template.minCores,
                memoryMiB: props.template.minMemoryMiB,
                diskGiB: props.template.minDiskGiB,
              }),
            })}
          </span>
        </span>
      </button>
    </li>
  );
}
