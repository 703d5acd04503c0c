// Which module may import which. `npm run lint` checks it.

/** The packages of the workspace; what the root itself has, in scripts/, drives them all. */
const PACKAGE = '^(packages/[^/]+|services/[^/]+|bench|e2e|examples|k8s|stress)/';

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Modules that import each other, be it only types, cannot be read or changed alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'delivery-and-state-know-no-transport',
      comment:
        'A transport is an adapter over a session: what delivers messages serves every transport alike.',
      severity: 'error',
      from: { path: '^services/gateway/src/(delivery|state)/' },
      to: { path: '^services/gateway/src/transports/' },
    },
    {
      name: 'no-path-into-another-package',
      comment:
        "Import a package by its name, what tests share from @viaduct/testkit, and what builds share from scripts/lib; never another package's test/.",
      severity: 'error',
      from: { path: PACKAGE },
      to: { pathNot: ['^$1/', '^scripts/lib/', 'node_modules'], dependencyTypes: ['local'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules|/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
