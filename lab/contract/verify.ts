// Verifies the parameters of a request against the endpoint's contract, with the refusals of the real server.
import { PROPERTY_STRINGS, refusalOf } from "./formats.ts";
import { propertyOf, type Property } from "./table.ts";

/** A parameter as it came in: text (numbers and booleans too), repeated, or JSON's null. */
export type Value = string | string[] | null;
export type Params = Record<string, Value>;

/** Refusals by parameter name; empty where everything is in order. Array parameters given once become lists in `params`. */
export function verifyParameters(parameters: Record<string, Property>, params: Params): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    const property = propertyOf(parameters, name);
    if (property === undefined) {
      errors[name] = "property is not defined in schema and the schema does not allow additional properties";
      continue;
    }
    if (property.type === "array") {
      params[name] = Array.isArray(value) ? value : value === null ? [] : [value];
      continue;
    }
    const refusal = verifyValue(name, property, value);
    if (refusal !== null) errors[name] = refusal;
    else if (property.requires !== undefined && params[property.requires] === undefined)
      errors[property.requires] = `missing property - '${name}' requires this property`;
  }
  for (const [name, property] of Object.entries(parameters)) {
    if (property.optional !== 1 && params[name] === undefined && !name.endsWith("[n]"))
      errors[name] = "property is missing and it is not optional";
  }
  return errors;
}

/** Splits a property string such as `virtio=AA:…,bridge=vmbr0` into its members; a bare first value goes to the default key. */
export function parsePropertyString(
  members: Record<string, Property>,
  text: string,
): { values: Record<string, string>; errors: string[] } {
  const values: Record<string, string> = {};
  const errors: string[] = [];
  const defaultKey = Object.entries(members).find(([, member]) => member.default_key === 1)?.[0];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    let key = equals < 0 ? defaultKey : part.slice(0, equals).trim();
    let value = equals < 0 ? part.trim() : part.slice(equals + 1);
    const bareModel = equals < 0 && Object.hasOwn(members, value) && members[value]?.keyAlias !== undefined;
    if (bareModel) [key, value] = [value, ""];
    if (key === undefined) {
      errors.push(`value without key, but schema does not define a default key`);
      continue;
    }
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    if (member?.keyAlias !== undefined && member.alias !== undefined) {
      values[member.keyAlias] = key;
      if (value !== "") values[member.alias] = value;
    } else if (member?.alias !== undefined) values[member.alias] = value;
    else values[key] = value;
  }
  return { values, errors };
}

/** The members of a property's format where it is a property string. */
export function membersOf(property: Property): Record<string, Property> | undefined {
  return typeof property.format === "object" ? property.format : PROPERTY_STRINGS[property.format ?? ""];
}

function verifyValue(name: string, property: Property, value: Value): string | null {
  if (value === null || Array.isArray(value))
    return property.type === "string" ? null : typeRefusal(property.type, String(value));
  switch (property.type) {
    case "boolean":
      if (!/^[01]$/.test(value)) return typeRefusal("boolean", value);
      break;
    case "integer":
      if (!/^[+-]?\d+$/.test(value)) return typeRefusal("integer", value);
      break;
    case "number":
      if (!/^[+-]?\d+(\.\d+)?$/.test(value)) return typeRefusal("number", value);
      break;
  }
  const members = membersOf(property);
  if (members !== undefined) {
    const { errors } = parsePropertyString(members, value);
    // What cannot even be taken apart is told alone.
    if (errors[0] !== undefined) return `invalid format - ${errors[0]}\n`;
    const refusals = verifyMembers(name, members, value);
    if (refusals !== "") return `invalid format - format error\n${refusals}`;
  } else if (typeof property.format === "string") {
    const refusal = refusalOf(property.format, value);
    if (refusal !== null) return `invalid format - ${refusal}`;
  }
  return boundsRefusal(property, value);
}

function verifyMembers(name: string, members: Record<string, Property>, value: string): string {
  const { values } = parsePropertyString(members, value);
  const lines: string[] = [];
  for (const [key, text] of Object.entries(values)) {
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    if (member === undefined || member.alias !== undefined) {
      lines.push(
        `${name}.${key}: property is not defined in schema and the schema does not allow additional properties`,
      );
      continue;
    }
    const refusal = verifyValue(`${name}.${key}`, member, text);
    if (refusal !== null) lines.push(`${name}.${key}: ${refusal}`);
  }
  for (const [key, member] of Object.entries(members)) {
    if (member.optional !== 1 && member.alias === undefined && values[key] === undefined)
      lines.push(`${name}.${key}: property is missing and it is not optional`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function boundsRefusal(property: Property, value: string): string | null {
  if (property.pattern !== undefined && !new RegExp(`^(?:${property.pattern})$`).test(value))
    return "value does not match the regex pattern";
  if (property.maxLength !== undefined && value.length > property.maxLength)
    return `value may only be ${property.maxLength} characters long`;
  if (property.minLength !== undefined && value.length < property.minLength)
    return `value must be at least ${property.minLength} characters long`;
  if (property.type === "integer" || property.type === "number") {
    const number = Number(value);
    if (property.minimum !== undefined && number < property.minimum)
      return `value must have a minimum value of ${property.minimum}`;
    if (property.maximum !== undefined && number > property.maximum)
      return `value must have a maximum value of ${property.maximum}`;
  }
  if (property.enum !== undefined && !property.enum.includes(value))
    return `value '${value}' does not have a value in the enumeration '${property.enum.join(", ")}'`;
  return null;
}

function typeRefusal(type: string | undefined, value: string): string {
  return `type check ('${type ?? "string"}') failed - got '${value}'`;
}
