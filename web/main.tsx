// Starts the SPA: words of the reader's language first, then the routes.
import "./styles/tokens.css";
import "./styles/base.css";
import { render } from "solid-js/web";
import { loadLanguage } from "./i18n/language.ts";
import { App } from "./routes.tsx";

const root = document.getElementById("app");
if (!root) throw new Error("the page has no #app");
await loadLanguage();
render(() => <App />, root);
