// Compares objects with the published schemas of Kubernetes and of the Prometheus operator.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Manifest } from './render.ts'

type Models = Record<string, new (data: object) => { validate(): void }>

/** Returns a line for each fault: wrong types, values or formats, missing fields, and fields that do not exist. */
export async function findSchemaFaults(objects: Manifest[]): Promise<string[]> {
  const invalid = await Promise.all(objects.map(findInvalidValues))
  return [...invalid.flat(), ...findUnknownFields(objects)]
}

const modulePath = ({ apiVersion, kind }: Manifest) =>
  apiVersion.startsWith('monitoring.coreos.com/')
    ? `@kubernetes-models/prometheus-operator/${apiVersion}/${kind}`
    : `kubernetes-models/${apiVersion}/${kind}`

async function findInvalidValues(object: Manifest): Promise<string[]> {
  const models: Models = await import(modulePath(object))
  const Model = models[object.kind]
  if (!Model) return [`${object.kind} has no schema`]
  try {
    new Model(object).validate()
    return []
  } catch (error) {
    return [`${object.kind} ${object.metadata.name}: ${String(error)}`]
  }
}

/** The validators ignore unknown fields, but the compiler rejects them where an object literal has a type. */
function findUnknownFields(objects: Manifest[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'microposts-schemas-'))
  try {
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
    for (const [index, object] of objects.entries()) {
      const type = `import('${modulePath(object)}').I${object.kind}`
      const file = `${index}-${object.kind}.ts`
      writeFileSync(join(folder, file), `export const object: ${type} = ${JSON.stringify(object)}\n`)
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    const tsc = resolve('node_modules/.bin/tsc')
    const { status, stdout } = spawnSync(tsc, { cwd: folder, encoding: 'utf8' })
    return status === 0 ? [] : stdout.trimEnd().split('\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  strict: true,
  noEmit: true,
  types: [],
  skipLibCheck: true,
}
