// Third step of a launch: name and login, everything that was decided on one page, and the button that starts it.
import Rocket from "lucide-solid/icons/rocket";
import { Show } from "solid-js";
import { previewLaunch } from "../../../worker/rules/quota.ts";
import { t, type Key } from "../../i18n/language.ts";
import { fieldWords, sizeText } from "../../i18n/words.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { ProblemNote } from "../../ui/problem.tsx";
import { Aside, Main, Split } from "../../ui/split.tsx";
import { BootScripts } from "./boot-scripts.tsx";
import { KeyPick } from "../ssh-keys/pick.tsx";
import type { StepProps } from "./launch.tsx";
import { isScriptValue } from "./scripts-state.ts";
import { shownProblems, type LoginField } from "./state.ts";
import styles from "./launch.module.css";

export function LoginStep(props: StepProps & { onLaunch: () => void }) {
  const template = () => props.catalogue.templates.find((candidate) => candidate.id === props.state.templateId);
  const plan = () => props.catalogue.plans.find((candidate) => candidate.id === props.state.planId);
  const preview = () => previewLaunch(props.quota, props.state.size);
  const hasKey = () => props.state.sshKeys.trim() !== "" || props.state.keyIds.length > 0;
  const error = (field: LoginField) => {
    const code = shownProblems(props.state)[field];
    return code
      ? field === "name" && code === "format"
        ? t("field.name_format")
        : field === "user" && code === "format"
          ? t("field.user_format")
          : fieldWords(code)
      : undefined;
  };
  const bind = (field: LoginField) => ({
    get value() {
      return props.state[field];
    },
    onValue: (value: string) => props.dispatch({ type: "field", field, value }),
    onBlur: () => props.dispatch({ type: "left", field }),
    get error() {
      return error(field);
    },
  });

  return (
    <form
      class={styles.step}
      novalidate
      onSubmit={(event) => {
        event.preventDefault();
        props.onLaunch();
      }}
    >
      <h2 tabIndex={-1}>{t("launch.nameAndGo")}</h2>
      <Split>
        <Main>
          <div class={`card ${styles.fields}`}>
            <TextField
              label={t("launch.name")}
              hint={t("launch.nameHint")}
              mono
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              maxLength={63}
              {...bind("name")}
            />
            <Show when={!props.state.asRoot} fallback={<p class="small quiet">{t("launch.rootHint")}</p>}>
              <TextField
                label={t("launch.user")}
                hint={t("launch.userHint")}
                mono
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                maxLength={63}
                {...bind("user")}
              />
            </Show>
            <TextField
              label={t("launch.password")}
              hint={t("launch.passwordHint")}
              type="password"
              autocomplete="new-password"
              maxLength={200}
              {...bind("password")}
            />
            <KeyPick
              picked={{ keyIds: props.state.keyIds, typed: props.state.sshKeys, keep: props.state.keepKeys }}
              onPick={({ keyIds, typed, keep }) => {
                if (typed !== undefined) props.dispatch({ type: "field", field: "sshKeys", value: typed });
                else props.dispatch({ type: "keys", ...(keyIds && { keyIds }), ...(keep !== undefined && { keep }) });
              }}
              onBlur={() => props.dispatch({ type: "left", field: "sshKeys" })}
              error={error("sshKeys")}
            />
          </div>
          <BootScripts state={props.state} dispatch={props.dispatch} tenantId={props.tenantId} />
        </Main>
        <Aside aria-label={t("launch.summary")}>
          <h3>{t("launch.summary")}</h3>
          <dl class={styles.summary}>
            <dt>{t("service.template")}</dt>
            <dd>
              {template()?.name} <span class="quiet">({t(`template.${template()?.kind ?? "vm"}` as Key)})</span>
            </dd>
            <dt>{t("ready.size")}</dt>
            <dd class="figures">
              {sizeText(props.state.size)}
              <Show when={plan()}>{(chosen) => <span class="quiet"> ({chosen().name})</span>}</Show>
            </dd>
            <dt>{t("launch.name")}</dt>
            <dd class="mono">{props.state.name || "–"}</dd>
            <dt>{t("launch.login")}</dt>
            <dd>
              <span class="mono">{props.state.asRoot ? "root" : props.state.user || "–"}</span>{" "}
              <span class="quiet">
                {props.state.password && hasKey()
                  ? t("launch.withBoth")
                  : hasKey()
                    ? t("launch.withKey")
                    : props.state.password
                      ? t("launch.withPassword")
                      : ""}
              </span>
            </dd>
            <dt>{t("launch.network")}</dt>
            <dd>{t("launch.networkText")}</dd>
            <Show when={!props.state.asRoot && props.state.scripts.length > 0}>
              <dt>{t("scripts.firstBoot")}</dt>
              <dd>{props.state.scripts.map(({ script }) => script.name).join(", ")}</dd>
            </Show>
            <dt>{t("launch.afterStart")}</dt>
            <dd>{t("launch.afterStartText")}</dd>
          </dl>
          <Show when={!preview().allowed}>
            <p class={styles.warn}>{t("quota.doesNotFit")}</p>
          </Show>
          <Show when={props.state.problem && !isToldByFields(props)}>
            <ProblemNote problem={props.state.problem} />
          </Show>
          <Button type="submit" variant="primary" icon={Rocket} busy={props.state.sending}>
            {t("launch.launch")}
          </Button>
        </Aside>
      </Split>
    </form>
  );
}

/** A refusal that stands whole beside the fields needs no note as well. */
function isToldByFields(props: StepProps): boolean {
  const { problem, refused } = props.state;
  if (!problem) return false;
  const known: readonly string[] = ["name", "user", "password", "sshKeys"];
  const fields = Object.keys(refused);
  return fields.length > 0 && fields.every((field) => known.includes(field) || isScriptValue(field));
}
