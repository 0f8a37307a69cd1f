// What each CHECK refuses: writes that go through once the checks are off.

const ADDRESSES = `insert or ignore into envelopes (id, tenant_id, resource, "limit") values ('env_root_publicIps', 'ten_root', 'publicIps', 5);`;

export const CHECKS: Record<string, string[]> = {
  quota_exceeded: [`update envelopes set "limit" = 5 where id = 'env_ana_vcpu'`],
  envelopes_used_positive: ["update envelopes set used = -1, moves = moves + 1 where id = 'env_ana_vcpu'"],
  charges_amount_positive: [
    `${ADDRESSES} insert into charges (id, envelope_id, resource, amount, service_id, created_at) values ('c', 'env_root_publicIps', 'publicIps', -1, 'svc_one', 0)`,
  ],
  charges_one_holder: [
    `${ADDRESSES} insert or ignore into tenants (id, kind, parent_id, name, slug, created_at) values ('ten_bob', 'tenant', 'ten_root', 'B', 'b', 0);
     insert or ignore into envelopes (id, tenant_id, resource, "limit") values ('env_bob', 'ten_bob', 'publicIps', 0);
     insert into charges (id, envelope_id, resource, amount, service_id, child_envelope_id, created_at) values ('c', 'env_root_publicIps', 'publicIps', 0, 'svc_one', 'env_bob', 0)`,
  ],
  capacity_ratio: [
    "update capacity set ratio_percent = 0 where resource = 'vcpu'",
    "update capacity set ratio_percent = 10001 where resource = 'vcpu'",
    "update capacity set physical = -1 where resource = 'publicIps'",
  ],
  members_role: ["insert into members (tenant_id, user_id, role, created_at) values ('ten_ana', 'usr_a', 'admin', 0)"],
  invitations_role: [
    "insert into invitations (id, tenant_id, email, role, token_hash, invited_by, inviter_name, created_at, expires_at) values ('i', 'ten_ana', 'x@people.test', 'admin', 'h', 'u', 'U', 0, 0)",
  ],
  tenants_kind: [
    "insert into tenants (id, kind, parent_id, name, slug, created_at) values ('t', 'club', 'ten_rita', 'T', 't', 0)",
  ],
  tenants_root: [
    "insert into tenants (id, kind, parent_id, name, slug, created_at) values ('t', 'platform', 'ten_rita', 'T', 't', 0)",
  ],
};
