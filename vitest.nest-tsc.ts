import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { before as swaggerTransformer } from '@nestjs/swagger/plugin';
import ts from 'typescript';
import type { Plugin } from 'vitest/config';

interface NestCli {
  compilerOptions: { plugins: { name: string; options: Record<string, unknown> }[] };
}

/**
 * Compiles `src` as `nest build` does: TypeScript with the swagger plugin and the options of nest-cli.json. Vitest's own
 * transform knows decorator metadata but not that plugin, and the tests shall see the very classes that are shipped.
 * Specs and test files are left to Vitest.
 */
export function nestTsc(root = import.meta.dirname): Plugin {
  const sources = resolve(root, 'src') + sep;
  let program: ts.Program | undefined;

  return {
    name: 'atoll-nest-tsc',
    enforce: 'pre',
    load(id) {
      const path = id.split('?', 1)[0] ?? id;
      if (!path.startsWith(sources) || !path.endsWith('.ts')) return undefined;
      program ??= createProgram(root);
      const source = program.getSourceFile(path);
      return source && { code: compile(program, source, swaggerOptions(root)), moduleType: 'js' };
    },
    watchChange() {
      program = undefined;
    },
  };
}

function createProgram(root: string): ts.Program {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    resolve(root, 'tsconfig.build.json'),
    { sourceMap: false, inlineSourceMap: true, inlineSources: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
      },
    },
  );
  if (!parsed) throw new Error('tsconfig.build.json cannot be read');
  return ts.createProgram(parsed.fileNames, parsed.options);
}

function compile(program: ts.Program, source: ts.SourceFile, options: Record<string, unknown>): string {
  let code = '';
  program.emit(source, (file, text) => (code = file.endsWith('.js') ? text : code), undefined, false, {
    before: [swaggerTransformer(options, program) as ts.TransformerFactory<ts.SourceFile>],
  });
  return code;
}

function swaggerOptions(root: string): Record<string, unknown> {
  const cli = JSON.parse(readFileSync(resolve(root, 'nest-cli.json'), 'utf8')) as NestCli;
  return cli.compilerOptions.plugins.find((plugin) => plugin.name === '@nestjs/swagger')?.options ?? {};
}
