export const ready = () => document.documentElement.setAttribute("data-ready", "");
