import spectral, { type RulesetDefinition } from '@stoplight/spectral-core'
import owasp from '@stoplight/spectral-owasp-ruleset'
import { expect, it, onTestFinished } from 'vitest'
import { call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { exceptions } from './support/owasp-exceptions.ts'

it('GET /openapi.json follows the API security rules of OWASP, as Spectral reads them', async () => {
  const service = await startService()
  onTestFinished(() => service.stop())
  const { body } = await call(service, 'GET', '/openapi.json')
  const linter = new spectral.Spectral()
  linter.setRuleset({ extends: [[owasp as unknown as RulesetDefinition, 'all']] })

  const found = (await linter.run(body)).map(({ code, path, message }) => ({
    rule: String(code),
    at: path.join('/'),
    message,
  }))

  const exceptionOf = ({ rule, at }: (typeof found)[number]) =>
    exceptions.find((exception) => exception.rule === rule && exception.at.test(at))
  expect(found.filter((finding) => !exceptionOf(finding))).toEqual([])
  // No exception is outdated.
  expect(new Set(found.map(exceptionOf))).toEqual(new Set(exceptions))
})
