// Shows our own description of the API. Redoc comes from this server, and so does what it shows.

declare const Redoc: { init: (url: string, options: object, element: HTMLElement) => void };

const TEXT = 'system-ui, -apple-system, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif';
const CODE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "D2Coding", monospace';

const options = {
  expandResponses: "200",
  jsonSampleExpandLevel: 3,
  nativeScrollbars: true,
  requiredPropsFirst: true,
  theme: {
    typography: { fontFamily: TEXT, headings: { fontFamily: TEXT }, code: { fontFamily: CODE } },
  },
};

const element = document.getElementById("api");
if (element) Redoc.init("/openapi.json", options, element);
