// The running portal as the tests of this file see it, and a look into its database.
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { inject } from "vitest";
import { OPERATOR_EMAIL } from "../../lab/stack/demo.ts";
import { Person } from "../../lab/stack/person.ts";
import type { Problem } from "../../worker/rules/views.ts";
import type { Site } from "./portal.ts";
import { OPERATOR_PASSWORD } from "./shared.ts";

export const site: Site = {
  origin: inject("origin"),
  controlUrl: inject("controlUrl"),
  databaseFile: inject("databaseFile"),
};

export type Row = Record<string, string | number | bigint | null | Uint8Array>;

/** Reads rows straight from D1. */
export function rows(sql: string, ...values: (string | number | null)[]): Row[] {
  const database = new DatabaseSync(site.databaseFile, { readOnly: true });
  try {
    database.exec("pragma busy_timeout = 5000");
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

/** Writes straight to D1: for what has no screen yet, such as other members of a tenant. */
export function write(sql: string, ...values: (string | number | null)[]): void {
  const database = new DatabaseSync(site.databaseFile);
  try {
    database.exec("pragma busy_timeout = 5000; pragma foreign_keys = on");
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

/** Somebody who is not signed in. */
export function stranger(): Person {
  return new Person(site.origin, site.controlUrl);
}

export function freshEmail(label: string): string {
  return `${label}-${randomBytes(6).toString("hex")}@people.test`;
}

/** The person who runs the platform, signed in. */
export async function platformOperator(): Promise<Person> {
  const person = stranger();
  await person.signIn(OPERATOR_EMAIL, OPERATOR_PASSWORD);
  return person;
}

/** A second browser of the same person. */
export async function otherSession(account: { email: string; password: string }): Promise<Person> {
  const person = stranger();
  const status = await person.signIn(account.email, account.password);
  if (status !== 200) throw new Error(`signing in answered ${status}`);
  return person;
}

/** Gives a person a role in a tenant. */
export function addMember(tenantId: string, userId: string, role: "owner" | "operator" | "viewer"): void {
  write("insert into members (tenant_id, user_id, role, created_at) values (?, ?, ?, 0)", tenantId, userId, role);
}

/** A problem without what differs from request to request. */
export function withoutId(body: Problem): Omit<Problem, "requestId"> {
  const { requestId: _, ...rest } = body;
  return rest;
}
