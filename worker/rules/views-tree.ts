// Shapes of the API about the tree: resellers, what they hand out, their front, requests for more.
import type {
  ChildTenantView,
  EnvelopeMode,
  QuotaRequestStatus,
  QuotaView,
  Resource,
  Role,
  SignUpMode,
  TenantKind,
  TenantStatus,
} from "./views.ts";

export type Limits = Partial<Record<Resource, number>>;
export type Modes = Partial<Record<Resource, EnvelopeMode>>;

/** One tenant or reseller in the tree below another; the first node is the one that was asked about. */
export interface TreeNodeView {
  id: string;
  parentId: string | null;
  name: string;
  kind: TenantKind;
  status: TenantStatus;
  /** Levels below the first node. */
  depth: number;
  /** Live services of the node itself, without those below. */
  services: number;
  /** Its own envelopes; a resource that it shares with the one above has no row. */
  envelopes: { resource: Resource; limit: number; used: number; mode: EnvelopeMode }[];
}

/** Answer of `GET …/children/:child`: a tenant somewhere below, in full. */
export interface ChildDetailView extends ChildTenantView {
  parentId: string;
  /** Why it is suspended or was declined, in the words of the one above; null where none were given. */
  reason: string | null;
  /** Since when it is what it is. */
  statusAt: number | null;
  /** True where it is held because one above it is. */
  isHeldFromAbove: boolean;
  owners: { name: string; email: string }[];
  /** Who was asked in and has not answered yet. */
  invited: { email: string; role: Role }[];
  /** While it is being deleted: how much is still there; null else. */
  left: { children: number; services: number; backups: number; clusters: number } | null;
}

/** What a child of mine may take, resource by resource. */
export interface ChildQuotaRow {
  resource: Resource;
  mode: EnvelopeMode;
  limit: number;
  used: number;
}

/** Answer of `GET …/storefront`. */
export interface StorefrontView {
  host: string | null;
  /** Last part of `/join/<link>`. */
  link: string;
  brandName: string;
  logo: string | null;
  accentHue: number | null;
  signUp: SignUpMode;
}

/** Answer of `GET /api/config?link=`: what the pages need before anybody has signed in. */
export interface ConfigView {
  brand: { name: string; logo: string | null; accentHue: number | null };
  locales: string[];
  /** How people sign up here: `open`, `approval` (a reseller looks first) or `closed`. */
  signUp: SignUpMode;
  /** Link of the storefront that this is, null for the platform's own front. */
  storefront: string | null;
  /** Other ways to sign in: name to show and id to send. */
  providers: { id: string; name: string }[];
}

export interface QuotaRequestView {
  id: string;
  tenant: { id: string; name: string };
  status: QuotaRequestStatus;
  /** Limits wished for, in full. */
  wanted: Limits;
  /** The tenant's present limits and use, for the resources that are wished for. */
  now: QuotaView["resources"];
  message: string;
  granted: Limits | null;
  answer: string | null;
  askedBy: string;
  decidedBy: string | null;
  createdAt: number;
  seenAt: number | null;
  decidedAt: number | null;
}

/** Answer of `GET /api/operator/capacity`. */
export interface CapacityView {
  resources: { resource: Resource; physical: number; ratioPercent: number; limit: number; used: number }[];
}
