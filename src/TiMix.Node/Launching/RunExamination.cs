using System.Text.Json.Nodes;
using TiMix.Actors.Journals;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Journals;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Sources;

namespace TiMix.Node.Launching;

/// <summary>What a run's directory tells about it afterwards.</summary>
/// <param name="State">As its journal has it.</param>
/// <param name="Steps">Steps that were audited: those applied so far, as far as recorded.</param>
/// <param name="Audit">What the audit of them found.</param>
/// <param name="Recoveries">What followed each injected fault.</param>
/// <param name="Additions">What the summary gains.</param>
/// <param name="Change">How the recipe differs from what the run began with; null: it does not.</param>
/// <param name="Data">What data the run began with; null: it does not know.</param>
/// <param name="DataChange">How the data that are there differ from those; null: they do not.</param>
internal sealed record RunExamination(
    RunState State, long Steps, AuditReport Audit, IReadOnlyList<FaultRecovery> Recoveries, JsonObject Additions, string? Change = null,
    DataManifest? Data = null, string? DataChange = null)
{
    /// <summary>Whether no step was lost, no sample skipped or seen twice, and all of it by one recipe and of the same data.</summary>
    public bool Proven => Audit.Proven && Change is null && DataChange is null;

    /// <summary>Reads the journal, the trainers' records and the faults.</summary>
    /// <param name="directory">Of the run.</param>
    /// <param name="recipe">Its recipe.</param>
    /// <param name="dataDirectory">Where the sample corpus is kept: an epoch is as long as the data say.</param>
    /// <param name="address">The database, if the run has its journal in one; null: the environment variable says where.</param>
    public static async Task<RunExamination> OfAsync(RunDirectory directory, Recipe recipe, string dataDirectory, JournalAddress? address = null)
    {
        var journal = await RunJournal.ReadAsync(directory, address).ConfigureAwait(false);
        var state = journal.Aggregate(RunState.Empty, (before, happened) => before.Apply(happened));
        var steps = state.Status == RunStatus.Finished ? recipe.Optimization.Steps : state.Progress;
        var (data, began) = (new RunData(recipe, dataDirectory), DataManifest.Read(directory));
        using var train = data.Open("train");
        var audit = RunAudit.Check(
            journal, AuditLog.ReadAll(directory).Where(record => state.Status == RunStatus.Finished || record.Step <= steps), steps,
            recipe.Optimization.MicroBatches, recipe.Optimization.MicroBatchSize, recipe.SampleOrder(train.Count).StepsPerEpoch);
        var faults = FaultLog.Read(directory);
        return new RunExamination(
            state, steps, audit, RunSummaryAdditions.Recoveries(state.Changes, faults), RunSummaryAdditions.Of(state.Changes, faults, audit),
            RunBeginning.Change(directory, journal, recipe), began, began?.Change(data.Manifest()));
    }
}
