// Dresses the page in the front that the Worker says it is.
import { createEffect } from "solid-js";
import { problemOf } from "../api.ts";
import { useConfig } from "../queries.ts";
import { enterFront, frontLink, OWN_BRAND } from "./front.ts";

/** Keeps the page's dress what the Worker says of the front that this browser remembers. */
export function Dress() {
  const config = useConfig();
  createEffect(() => {
    if (config.data) enterFront(config.data.storefront ?? null, config.data.brand);
    // The reseller has taken the front down: what is left is the front of the host name.
    else if (config.isError && problemOf(config.error).code === "not_found" && frontLink() !== null)
      enterFront(null, OWN_BRAND);
  });
  return <></>;
}
