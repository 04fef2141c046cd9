// Finds the metrics and labels that a PromQL expression uses.
import { parser } from '@prometheus-io/lezer-promql'

type Node = ReturnType<typeof parser.parse>['topNode']

/** At least one of these metrics must have the label. */
export type Need = { metrics: string[]; label: string }

/**
 * Returns the metrics that an expression uses, and the labels that it selects, groups or joins by.
 *
 * @throws {Error} if the expression does not parse
 */
export function readExpression(text: string): { metrics: string[]; needs: Need[] } {
  const root = parser.parse(text).topNode
  const needs: Need[] = []
  for (const node of nodesOf(root)) {
    if (node.type.isError) throw new Error(`The expression has a syntax error at ${node.from}: ${text}`)
    if (node.name !== 'LabelName') continue
    const scope = scopeOf(node)
    const label = text.slice(node.from, node.to)
    if (label !== '__name__') needs.push({ metrics: metricsOf(scope, text), label })
  }
  return { metrics: metricsOf(root, text), needs }
}

/** The part of the expression that a label applies to: its selector, its aggregation, or both sides of its operator. */
function scopeOf(node: Node): Node {
  const scopes = ['VectorSelector', 'AggregateExpr', 'BinaryExpr']
  let scope = node
  while (scope.parent && !scopes.includes(scope.name)) scope = scope.parent
  return scope
}

function metricsOf(node: Node, text: string): string[] {
  const selectors = [...nodesOf(node)].filter(({ name }) => name === 'VectorSelector')
  return selectors.map((selector) => {
    const name = selector.getChild('Identifier')
    if (!name) throw new Error(`The expression has a selector without a metric name: ${text}`)
    return text.slice(name.from, name.to)
  })
}

function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (let child = node.firstChild; child; child = child.nextSibling) yield* nodesOf(child)
}
