// A QR code as one path of black squares on white: it has to be read by cameras, so the theme does not touch it.
import { createMemo } from "solid-js";
import { encode } from "uqr";
import styles from "./security.module.css";

/** White modules around the code, without which cameras do not find it. */
const MARGIN = 3;

export function QrCode(props: { text: string; label: string }) {
  const code = createMemo(() => encode(props.text, { ecc: "M", border: MARGIN }));
  const path = () =>
    code()
      .data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join(""))
      .join("");
  return (
    <svg class={styles.qr} viewBox={`0 0 ${code().size} ${code().size}`} role="img" aria-label={props.label}>
      <rect width={code().size} height={code().size} fill="#fff" />
      <path d={path()} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
