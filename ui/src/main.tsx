// The dashboard begins: choices are put onto the page, the agent is asked who uses this browser, and the frame is drawn.
import { render } from "preact";
import { askSession } from "./agent/session.ts";
import { Dashboard } from "./frame/dashboard.tsx";
import { followLinks } from "./route.ts";
import { applySettings } from "./settings.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/frame.css";

applySettings();
followLinks();
const place = document.querySelector("#dashboard");
if (place === null) throw new Error("the page has no place for the dashboard");
render(<Dashboard ask={askSession} />, place);
