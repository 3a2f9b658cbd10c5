// Each of these tests starts up to eight processes, which fill the machine as they are: side by side they would only make each other late.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
