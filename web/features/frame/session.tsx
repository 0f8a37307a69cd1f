// Who is signed in and which tenant the page is about, handed down to everything inside the frame.
import { createContext, createMemo, useContext, type ParentProps } from "solid-js";
import { existsIn, may, type Permission } from "../../../worker/rules/permissions.ts";
import type { MeView } from "../../../worker/rules/views.ts";

export type Tenant = MeView["tenants"][number];

interface Session {
  me: () => MeView;
  /** The tenant that the rail is about; null for a person who belongs to none. */
  tenant: () => Tenant | null;
}

const Context = createContext<Session>();
const LAST_TENANT = "nubemox.tenant";

export function SessionProvider(props: ParentProps<{ me: MeView; tenantId: string | undefined }>) {
  const tenant = createMemo(() => {
    const wanted = props.tenantId ?? lastTenantId();
    const found = props.me.tenants.find((candidate) => candidate.id === wanted);
    return found ?? (props.tenantId === undefined ? (props.me.tenants[0] ?? null) : null);
  });
  return <Context.Provider value={{ me: () => props.me, tenant }}>{props.children}</Context.Provider>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("outside of the frame");
  return session;
}

/** The tenant of a page that is about one. */
export function useTenant(): {
  id: () => string;
  canChange: () => boolean;
  kind: () => Tenant["kind"];
  tenant: () => Tenant;
  can: (permission: Permission) => boolean;
} {
  const session = useSession();
  const tenant = () => session.tenant() as Tenant;
  return {
    tenant,
    id: () => tenant().id,
    kind: () => tenant().kind,
    /** False for people who may only look, and while the tenant is suspended. */
    canChange: () => tenant().role !== "viewer" && tenant().open,
    can: (permission) => mayIn(tenant(), permission),
  };
}

/** Whether a person's role in a tenant carries a permission; the server asks the same table. */
export function mayIn(tenant: Tenant, permission: Permission): boolean {
  return may(tenant.role, permission) && existsIn(tenant.kind, permission);
}

/** Where a person who just came in starts. */
export function homeOf(me: MeView): string {
  const last = me.tenants.find((tenant) => tenant.id === lastTenantId()) ?? me.tenants[0];
  return last ? `/t/${last.id}` : me.operator ? "/operator/clusters" : "/welcome";
}

export function rememberTenant(id: string): void {
  try {
    localStorage.setItem(LAST_TENANT, id);
  } catch {
    // Storage is refused: the first tenant is the start.
  }
}

function lastTenantId(): string | null {
  try {
    return localStorage.getItem(LAST_TENANT);
  } catch {
    return null;
  }
}
