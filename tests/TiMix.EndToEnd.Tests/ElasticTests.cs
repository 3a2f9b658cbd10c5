namespace TiMix.EndToEnd.Tests;

/// <summary>The journal in a file of the run.</summary>
public sealed class ElasticTests(ElasticRuns.Undisturbed undisturbed) : ElasticSuite(undisturbed);
