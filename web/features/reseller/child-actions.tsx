// What can be done to a tenant below: the menu that offers it, and the questions that are asked before it is done.
import Check from "lucide-solid/icons/check";
import Ellipsis from "lucide-solid/icons/ellipsis";
import Pause from "lucide-solid/icons/pause";
import Play from "lucide-solid/icons/play";
import ScrollText from "lucide-solid/icons/scroll-text";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import Trash2 from "lucide-solid/icons/trash";
import X from "lucide-solid/icons/x";
import { createSignal } from "solid-js";
import type { TenantKind, TenantStatus } from "../../../worker/rules/views.ts";
import { treeApi } from "../../api-tree.ts";
import { problemOf } from "../../api.ts";
import { t } from "../../i18n/language.ts";
import { problemWords } from "../../i18n/words.ts";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { showToast } from "../../ui/toast.tsx";
import { refreshTree, type Above } from "./above.ts";
import styles from "./reseller.module.css";

export interface ChildRef {
  id: string;
  name: string;
  kind: TenantKind;
  status: TenantStatus;
}

/** Deeds that ask something first. */
export type Deed = "limits" | "suspend" | "delete" | "decline";

const [asking, setAsking] = createSignal<{ deed: Deed; child: ChildRef } | null>(null);
export { asking };
export const stopAsking = () => setAsking(null);

interface ActionsProps {
  child: ChildRef;
  /** Whether it stands directly below the one who looks: limits are its own superior's to set. */
  direct: boolean;
  above: Above;
}

export function ChildMenu(props: ActionsProps) {
  return (
    <Menu
      buttonClass={styles.menuButton}
      label={t("children.actionsOf", { name: props.child.name })}
      groups={[{ items: childActions(props) }, { items: removal(props) }]}
    >
      <Ellipsis size={18} aria-hidden="true" />
    </Menu>
  );
}

/** What the state of the tenant, and one's own rights, allow now. */
export function childActions({ child, direct, above }: ActionsProps): MenuItem[] {
  const manage = above.can("children.manage");
  const ask = (deed: Deed) => () => setAsking({ deed, child });
  const { status } = child;
  return [
    ...item(manage && status === "pending", {
      label: t("children.approve"),
      icon: Check,
      onSelect: () =>
        void act(above, () => treeApi.approve(above.id(), child.id), t("children.approved", { name: child.name })),
    }),
    ...item(manage && status === "pending", { label: t("children.decline"), icon: X, onSelect: ask("decline") }),
    ...item(manage && direct && (status === "active" || status === "suspended"), {
      label: t("limits.edit"),
      icon: SlidersHorizontal,
      onSelect: ask("limits"),
    }),
    ...item(manage && status === "active", { label: t("children.suspend"), icon: Pause, onSelect: ask("suspend") }),
    ...item(manage && status === "suspended", {
      label: t("children.resume"),
      icon: Play,
      onSelect: () =>
        void act(above, () => treeApi.resume(above.id(), child.id), t("children.resumed", { name: child.name })),
    }),
    ...item(above.can("audit.read"), {
      label: t("children.audit"),
      icon: ScrollText,
      href: `${above.base()}/audit?tenant=${child.id}`,
    }),
  ];
}

function item(isOffered: boolean, entry: MenuItem): MenuItem[] {
  return isOffered ? [entry] : [];
}

function removal({ child, above }: ActionsProps): MenuItem[] {
  if (!above.can("children.delete") || (child.status !== "active" && child.status !== "suspended")) return [];
  return [
    {
      label: t("children.delete"),
      icon: Trash2,
      danger: true,
      onSelect: () => setAsking({ deed: "delete", child }),
    },
  ];
}

/** Does at once what asks nothing, and tells how it went. */
async function act(above: Above, request: () => Promise<unknown>, done: string): Promise<void> {
  try {
    await request();
    showToast({ tone: "good", text: done });
  } catch (thrown) {
    const problem = problemOf(thrown);
    const words = problemWords(problem.code, problem.params);
    showToast({ tone: "bad", text: words.what, detail: words.help });
  } finally {
    refreshTree(above.id());
  }
}
