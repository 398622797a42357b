import { ready } from "./lib/ready.js"; // the name as it is published

ready();
