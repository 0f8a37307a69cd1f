// The keys that a person keeps, and keeping those that were typed somewhere.
import { lifeApi } from "../../api-life.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { keys, queryClient } from "../../queries.ts";
import { showToast } from "../../ui/toast.tsx";
import { useData } from "../../use-data.ts";
import { nameOfLine } from "./lines.ts";

export const useSshKeys = () => useData(() => ({ queryKey: keys.sshKeys, queryFn: lifeApi.sshKeys }));

/** Keeps typed keys beside what they were typed for, which has come off already: so a refusal is only told. */
export async function keepTyped(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    try {
      await lifeApi.keepSshKey({ name: nameOfLine(line), line });
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.code === "key_known") continue;
      showToast({ tone: "bad", text: t("sshKeys.notKept"), detail: problemWords(problem.code, problem.params).what });
    }
  }
  await queryClient.invalidateQueries({ queryKey: keys.sshKeys });
}
