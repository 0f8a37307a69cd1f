// A small line of the latest samples of one figure between 0 and 1.
import { createMemo } from "solid-js";
import styles from "./sparkline.module.css";

interface SparklineProps {
  /** Fractions, oldest first. */
  samples: readonly number[];
  /** How many samples fill the width. */
  span?: number;
  tone?: "accent" | "good";
  large?: boolean;
}

const WIDTH = 96;
const HEIGHT = 24;

export function Sparkline(props: SparklineProps) {
  const points = createMemo(() => {
    const span = props.span ?? 40;
    const shown = props.samples.slice(-span);
    return shown.map((value, index) => {
      const x = WIDTH - ((shown.length - 1 - index) * WIDTH) / (span - 1);
      const y = HEIGHT - 1 - Math.min(1, Math.max(0, value)) * (HEIGHT - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
  });
  const area = () => {
    const first = points()[0];
    return first ? `${first.split(",")[0]},${HEIGHT} ${points().join(" ")} ${WIDTH},${HEIGHT}` : "";
  };
  return (
    <svg
      class={`${styles.sparkline} ${props.large ? styles.large : ""} ${props.tone === "good" ? styles.good : ""}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={area()} class={styles.area} />
      <polyline points={points().join(" ")} class={styles.line} />
    </svg>
  );
}
