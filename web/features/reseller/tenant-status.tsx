// The state of a tenant as shape, colour and word.
import type { TenantStatus } from "../../../worker/rules/views.ts";
import { t, type Key } from "../../i18n/language.ts";
import { Status } from "../../ui/status.tsx";

const LOOKS = {
  pending: { shape: "ring", tone: "busy" },
  active: { shape: "disc", tone: "good" },
  suspended: { shape: "bars", tone: "warn" },
  deleting: { shape: "turn", tone: "bad" },
  deleted: { shape: "square", tone: "rest" },
} as const;

export function TenantStatusMark(props: { status: TenantStatus }) {
  return <Status {...LOOKS[props.status]} word={t(`tenants.${props.status}` as Key)} />;
}
