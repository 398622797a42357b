import { ready } from "./lib/ready.46e407f762.js"; // the name as it is published

ready();
