// The one table of what can go wrong: a code decides status and title, wherever it is raised.

type Entry = readonly [status: number, title: string];

const TABLE = {
  // The request itself
  validation_failed: [400, "Some fields are missing or wrong"],
  body_unreadable: [400, "The body is not readable JSON"],
  not_found: [404, "There is no such thing here"],
  body_too_large: [413, "The body is too large"],
  rate_limited: [429, "Too many requests"],
  idempotency_key_missing: [400, "This request needs an Idempotency-Key header"],
  idempotency_key_reused: [422, "This Idempotency-Key was used for a different request"],
  origin_refused: [403, "Requests from this origin are not taken"],
  upgrade_required: [426, "This address speaks WebSocket only"],
  // People
  not_signed_in: [401, "Sign in first"],
  invalid_credentials: [401, "E-mail or password is wrong"],
  email_not_verified: [403, "The e-mail address is not confirmed yet"],
  link_invalid: [400, "The link is wrong, used or too old"],
  password_too_weak: [400, "The password is too short or too long"],
  account_refused: [400, "The account request was refused"],
  role_missing: [403, "Your role does not allow this"],
  scope_missing: [403, "This key may not do this"],
  person_needed: [403, "This is for people, not for keys"],
  second_factor_required: [403, "Sign in with a second factor first"],
  code_wrong: [401, "The code is wrong or was used"],
  password_wrong: [403, "The password is wrong"],
  passkey_refused: [401, "The passkey was not accepted"],
  second_factor_exists: [409, "A second factor is set up already"],
  sign_in_again: [403, "Sign in again to do this"],
  last_way_in: [409, "This is the only way left to sign in"],
  provider_unreachable: [503, "The sign-in provider does not answer"],
  too_many_keys: [409, "There are too many keys already"],
  tenant_suspended: [403, "This account is suspended"],
  tenant_pending: [403, "This account waits for approval"],
  tenant_not_ready: [409, "The account is not in the state that this needs"],
  last_owner: [409, "The last owner cannot leave or be changed"],
  invitation_invalid: [410, "The invitation is wrong, was used or withdrawn, or is too old"],
  invitation_not_yours: [403, "The invitation is for another e-mail address"],
  already_member: [409, "This person belongs here already"],
  sign_up_closed: [403, "Nobody can sign up here"],
  // Quota and services
  quota_exceeded: [409, "Not enough quota left"],
  quota_moved: [409, "The quota changed at this very moment"],
  limit_below_used: [409, "The limit is lower than what is used"],
  envelope_rejected: [409, "This resource is not handed out here"],
  request_open: [409, "A request for more is open already"],
  request_decided: [409, "The request was decided already"],
  name_taken: [409, "This name is taken"],
  service_busy: [409, "Another change is under way on this service"],
  service_not_ready: [409, "The service is not ready for this"],
  stop_first: [409, "The service must be off for this"],
  not_running: [409, "The service is not running"],
  confirmation_mismatch: [409, "The typed name is not the right one"],
  not_retryable: [409, "This operation cannot be tried again"],
  size_below_template: [409, "The size is smaller than the template needs"],
  template_unavailable: [409, "This template cannot be launched now"],
  kind_unsupported: [409, "This kind of service cannot do this"],
  resume_first: [409, "The service is suspended and must be resumed first"],
  not_pending: [409, "Nothing waits for the next start"],
  not_paused: [409, "The service is not suspended"],
  service_expired: [409, "The service has expired"],
  service_leaving: [409, "The service is marked for deletion"],
  snapshots_exist: [409, "The service still has snapshots"],
  image_unavailable: [409, "This image cannot be used now"],
  script_unavailable: [409, "This script cannot be used now"],
  script_chosen: [409, "This script was chosen for this already"],
  script_failed: [502, "A script has failed"],
  script_late: [504, "A script was ended at its time limit"],
  script_lost: [502, "A script was cut off"],
  script_unfit: [409, "The values of a script no longer fit"],
  agent_silent: [504, "The agent in the guest does not answer"],
  agent_refused: [502, "The agent in the guest refused"],
  too_many_scripts: [409, "The service has too many scripts already"],
  too_many_schedules: [409, "The service has too many schedules already"],
  key_known: [409, "This key is kept already"],
  not_cancellable: [409, "This operation can no longer be called off"],
  cancelled: [409, "The operation was called off"],
  owner_unknown: [409, "No verified person has this e-mail address"],
  // Console
  no_terminal: [409, "The service has no serial console"],
  console_gone: [410, "This console address was used, is too old, or belongs to another session"],
  // Proxmox VE
  cluster_unreachable: [503, "The cluster does not answer"],
  cluster_denied: [502, "The cluster refused the portal's credential"],
  cluster_refused: [502, "The cluster refused the request"],
  cluster_misbehaved: [502, "The cluster gave an answer that makes no sense"],
  task_failed: [502, "A task on the cluster failed"],
  guest_not_ours: [409, "The guest does not carry the portal's mark, so it is left alone"],
  snapshot_unknown: [404, "There is no such snapshot"],
  disk_lost: [502, "The restore has failed, and what was on the disk is lost"],
  offered_already: [409, "It is offered already"],
  backup_in_use: [409, "The backup is in use"],
  backup_protected: [409, "The backup is protected"],
  disk_only_grows: [409, "A disk can grow, but not shrink"],
  guest_lost: [409, "The guest is no longer on the cluster"],
  shutdown_ignored: [504, "The guest did not shut down in time"],
  internal: [500, "Something went wrong on our side"],
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof TABLE;
export const ERROR_CODES = Object.keys(TABLE) as ErrorCode[];

/** HTTP status that belongs to a code. */
export function statusOf(code: ErrorCode): number {
  return TABLE[code][0];
}

/** English title that belongs to a code; the SPA shows its own sentence in the reader's language. */
export function titleOf(code: ErrorCode): string {
  return TABLE[code][1];
}

/** A field at fault: a JSON pointer into the body (`#/name`), and what is wrong with it. */
export interface FieldError {
  pointer: string;
  code: string;
  params?: Record<string, string | number>;
}

export type ErrorParams = Record<string, string | number>;

/** Every expected failure. Whatever else is thrown becomes `internal`, its text kept from the caller. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly fields: FieldError[];
  /** Further members of the problem body, such as the `resources` of a refused quota. */
  readonly extra: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    params: ErrorParams = {},
    more: { fields?: FieldError[]; extra?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(`${code} ${JSON.stringify(params)}`, { cause: more.cause });
    this.name = "AppError";
    this.code = code;
    this.params = params;
    this.fields = more.fields ?? [];
    this.extra = more.extra ?? {};
  }
}
