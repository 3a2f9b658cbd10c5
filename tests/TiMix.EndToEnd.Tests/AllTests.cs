// Each of these tests starts up to eight processes, which fill the machine as they are: side by side they would only make each other late.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

// Once for all of them: every test compares with the same run that nothing happens to.
[assembly: AssemblyFixture(typeof(TiMix.EndToEnd.Tests.ElasticRuns.Undisturbed))]
