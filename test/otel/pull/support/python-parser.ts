// Parses expositions with the official Python library, whose authors read the specifications on their own.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished, type TestContext } from 'vitest'
import { requireProgram } from '../../../../harness/programs/find.ts'
import type { Format, Sample } from '../../../../harness/telemetry/exposition-parser.ts'

export type TypedSample = Sample & { type: string }
type Result = { samples: (Omit<TypedSample, 'value'> & { value: string })[] } | { error: string }

const script = fileURLToPath(new URL('parse-exposition.py', import.meta.url))

/** Starts the parser, which ends with the test, and returns a function that throws what the parser rejects. */
export function startPythonParser(context: Pick<TestContext, 'skip'>) {
  const python = requireProgram('prometheus_client', context)
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'], env: { PYTHONUTF8: '1' } })
  onTestFinished(() => {
    child.kill()
  })
  const results = createInterface(child.stdout)[Symbol.asyncIterator]()

  return async (text: string, format: Format): Promise<TypedSample[]> => {
    child.stdin.write(`${JSON.stringify({ text, format })}\n`)
    const { value, done } = await results.next()
    if (done) throw new Error('The Python parser ended.')
    const result: Result = JSON.parse(value)
    if ('error' in result) throw new Error(`prometheus_client: ${result.error}`)
    return result.samples.map((sample) => ({
      ...sample,
      value: Number(sample.value.replace('inf', 'Infinity')),
    }))
  }
}
