import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "docs/", "node_modules/", "tests/**/*.d.ts"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "build.mjs"] },
        tsconfigRootDir: import.meta.dirname ?? new URL(".", import.meta.url).pathname,
      },
    },
    rules: {
      // Numbers and ids stand in sentences all over.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // What travels is not ours to trust, and what a caller without types gives neither.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
