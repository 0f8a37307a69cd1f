// The form in a dialog: its fields, the refusal that it got, and "Cancel" beside the button that sends it.
import type { JSX, ParentProps } from "solid-js";
import type { Problem } from "../../worker/rules/views.ts";
import { t } from "../i18n/language.ts";
import { Button } from "./button.tsx";
import { DialogBody } from "./dialog.tsx";
import { ProblemNote } from "./problem.tsx";

interface DialogFormProps {
  /** How its request fares: a form of `createForm`, or signals of one's own. */
  form: { busy: () => boolean; problem: () => Problem | null };
  onSubmit: (event: SubmitEvent) => unknown;
  onClose: () => void;
  /** Word on the button that sends. */
  confirm: string;
  /** Something is lost by it. */
  danger?: boolean;
  disabled?: boolean;
  /** What is offered beneath the refusal. */
  remedy?: JSX.Element;
}

export function DialogForm(props: ParentProps<DialogFormProps>) {
  return (
    <form novalidate onSubmit={(event) => props.onSubmit(event)}>
      <DialogBody
        actions={
          <>
            <Button onClick={props.onClose}>{t("action.cancel")}</Button>
            <Button
              type="submit"
              variant={props.danger ? "danger" : "primary"}
              busy={props.form.busy()}
              disabled={props.disabled}
            >
              {props.confirm}
            </Button>
          </>
        }
      >
        {props.children}
        <ProblemNote problem={props.form.problem()} action={props.remedy} />
      </DialogBody>
    </form>
  );
}
