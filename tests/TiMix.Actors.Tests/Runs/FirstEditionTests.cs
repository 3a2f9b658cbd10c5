using System.Text;
using System.Text.Json.Nodes;
using Akka.Actor;
using TiMix.Actors.Journals;
using TiMix.Actors.Messages;
using TiMix.Actors.Nodes;
using TiMix.Learning.Model;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;

namespace TiMix.Actors.Tests.Runs;

/// <summary>What the version before this one left is read as it read it, and gone on with as it would have.</summary>
public sealed class FirstEditionTests : IDisposable
{
    private readonly FirstEdition _old = new();

    public void Dispose() => _old.Dispose();

    [Fact]
    public async Task The_journal_of_a_finished_run_comes_to_the_same_state()
    {
        var state = await StateAsync("faulted");
        Assert.Equal(
            (RunStatus.Finished, 200L, 200L, 4, 6L, 1L, 0, false),
            (state.Status, state.Steps, state.Progress, state.MicroBatches, state.Generation, state.Lineage, state.Resumes, state.Paused));
        Assert.Equal(_old.Fingerprint, state.Fingerprint);
        Assert.Empty(RecipeFile.Differences(_old.Run("faulted").ReadRecipe(), RecipeFile.Parse(state.Recipe, "the journal")));
        Assert.Equal(["trainer-1", "trainer-2", "trainer-3"], state.Trainers.Values.Order(StringComparer.Ordinal));
        Assert.Equal([(100L, 97.91666666666667), (200L, 100.0)], state.Snapshots.Values.Select(snapshot => (snapshot.Step, snapshot.MeanRecall!.Value)));
        Assert.Equal(_old.Fingerprint, state.Newest!.Fingerprint);
        Assert.Equal(
            [
                (1L, 0L, "trainer-1 and trainer-2 and trainer-3 join"), (2, 10, "the link to trainer-3 broke"), (3, 60, "trainer-3 joins"),
                (4, 62, "trainer-4 joins"), (5, 62, "trainer-3 broke off"), (6, 102, "trainer-4 leaves"),
            ],
            state.Changes.Select(change => (change.View.Generation, change.View.FromStep, change.Reason.ToString())));
        Assert.Equal(
            ["trainer-1 0+2", "trainer-2 2+1", "trainer-3 3+1"], state.Changes[0].View.Shares.Select(share => $"{share.Node} {share.First}+{share.Count}"));
    }

    [Fact]
    public async Task The_journal_of_a_stopped_run_comes_to_the_same_state()
    {
        var state = await StateAsync("stopped");
        Assert.Equal((RunStatus.Stopped, 39L, 3L, 2L, 1, false), (state.Status, state.Progress, state.Generation, state.Lineage, state.Resumes, state.Paused));
        Assert.Equal(StopReason.Requested, state.StopReason);
        Assert.Equal(["node joins", "node joins", "continued on request"], state.Changes.Select(change => change.Reason.ToString()));
        Assert.Equal((39L, "step-00000039", null), (state.Newest!.Step, state.Newest.Directory, state.Newest.MeanRecall));
    }

    [Theory]
    [InlineData("UPDATE journal SET message = CAST(REPLACE(CAST(message AS TEXT), '\"step\":39', '\"step\":-39') AS BLOB)", "step")]
    [InlineData("UPDATE journal SET message = CAST(REPLACE(CAST(message AS TEXT), 'step-00000039', '../../../etc') AS BLOB)", "Directory")]
    public async Task An_event_that_was_edited_is_refused_in_one_line_with_its_number(string edit, string field)
    {
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_old.Run("stopped").Journal};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = edit;
            Assert.NotEqual(0, command.ExecuteNonQuery());
        }

        var refused = (await Assert.ThrowsAsync<Base.RunError>(() => StateAsync("stopped"))).Message;
        Assert.Matches(
            @"^the journal of .*stopped cannot be read: event \d+ is none that a coordinator has written \(.*\): it was edited, or is damaged\.", refused);
        Assert.Contains(field, refused, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', refused);
    }

    [Fact]
    public void Every_kind_of_event_is_read_and_written_again_with_all_that_it_says()
    {
        using var system = ActorSystem.Create("events");
        var serializer = new TiMixSerializer((ExtendedActorSystem)system);
        var lines = File.ReadAllLines(FirstEdition.FixtureFile("events.tsv")).Select(line => line.Split('\t')).ToList();
        foreach (var line in lines)
        {
            var happened = serializer.FromBinary(Encoding.UTF8.GetBytes(line[1]), line[0]);
            Assert.Equal(line[0], serializer.Manifest(happened));
            var (before, after) = (JsonNode.Parse(line[1])!.AsObject(), JsonNode.Parse(serializer.ToBinary(happened))!.AsObject());
            Assert.All(before, field => Assert.True(JsonNode.DeepEquals(field.Value, after[field.Key]), $"{line[0]}, {field.Key}: {after.ToJsonString()}"));
        }

        Assert.Equal(15, lines.Select(line => line[0]).Distinct().Count());
    }

    [Fact]
    public async Task The_audit_of_a_run_with_faults_still_proves_it()
    {
        var recipe = _old.Run("faulted").ReadRecipe();
        using var train = new RunData(recipe, _old.Data).Open("train");
        var audit = RunAudit.Check(
            await RunJournal.ReadAsync(_old.Run("faulted")), AuditLog.ReadAll(_old.Run("faulted")), 200, 4, 4, recipe.SampleOrder(train.Count).StepsPerEpoch);
        Assert.True(audit.Proven, string.Join('\n', audit.Problems));
        Assert.Equal([1L, 2, 3, 4, 5, 6], audit.Timeline.Select(change => change.View.Generation));
        Assert.Equal(["kill", "join", "flip", "drain", "kill", "kill"], FaultLog.Read(_old.Run("faulted")).Select(fault => fault.Kind));
    }

    [Fact]
    public void What_a_run_wrote_down_is_read()
    {
        var faulted = _old.Run("faulted");
        var steps = RunRecords.StepsOf(faulted).ToList();
        Assert.Equal(Enumerable.Range(1, 200).Select(step => (long)step), steps.Select(step => step.Step));
        Assert.All(steps, step => Assert.True(step is { Loss: > 0, Temperature: > 0, GradientNorm: > 0, StepSeconds: > 0 } && step["itc"] > 0
            && step["alignment"] > 0, step.ToString()));
        Assert.Equal((1.0820023901760578, 0.8236218690872192), (steps[^1].Loss, steps[^1]["itc"]));
        Assert.Equal([100L, 200], RunRecords.EvaluationsOf(faulted).Select(evaluation => evaluation.Step));
        Assert.Equal(["validation", "test"], RunRecords.EvaluationsOf(faulted).Last().Splits.Select(split => split.Split));
        Assert.Equal(39, RunRecords.StepsOf(_old.Run("stopped")).Last().Step);
    }

    [Fact]
    public void Steps_are_written_down_as_they_were()
    {
        var (old, copy) = (_old.Run("faulted"), RunDirectory.Of(_old.Runs, "copy"));
        using (var records = new RunRecords(copy))
        {
            records.Open();
            foreach (var step in RunRecords.StepsOf(old))
            {
                records.Add(step, []);
            }
        }

        Assert.Equal(File.ReadAllLines(old.Metrics), File.ReadAllLines(copy.Metrics));
    }

    [Theory]
    [InlineData("faulted", "step-00000200")]
    [InlineData("faulted", "step-00000100")]
    [InlineData("stopped", "step-00000039")]
    public void Snapshots_are_read_and_have_their_fingerprint(string run, string name)
    {
        var path = Path.Combine(_old.Run(run).Snapshots, name);
        var manifest = SnapshotStore.ReadManifest(path);
        var content = SnapshotStore.Read(path, DualEncoder.LayoutOf(manifest.Model));
        Assert.Equal(manifest.Fingerprint, ParameterBuffer.Fingerprint(content.Student));
        Assert.Equal(manifest.Step, content.Step);
        Assert.NotEmpty(content.Versions);
        Assert.Empty(RecipeFile.Differences(_old.Run(run).ReadRecipe(), RecipeFile.Parse(manifest.Recipe, name)));
    }

    [Fact]
    public async Task A_run_that_the_first_edition_stopped_ends_with_the_weights_that_it_would_have_ended_with()
    {
        using var seen = new RecordingObserver();
        var options = new RunOptions
        {
            Name = "stopped", RunsDirectory = _old.Runs, DataDirectory = _old.Data, Recipe = _old.Run("stopped").ReadRecipe(), Resume = true,
        };
        var result = await TrainingRun.ExecuteAsync(options, seen, seen.Stop);
        Assert.True(result.Outcome == RunOutcome.Finished, result.Error);
        // Who looks on may come a step late.
        var first = seen.Steps[0].Step;
        Assert.InRange(first, 40, 45);
        Assert.Equal(Enumerable.Range((int)first, (int)(201 - first)).Select(step => (long)step), seen.Steps.Select(step => step.Step));
        var state = await StateAsync("stopped");
        Assert.Equal((RunStatus.Finished, 2), (state.Status, state.Resumes));
        Assert.SkipUnless(_old.ComputesAlike, "The weights were found on a processor of another kind, whose last bits are others.");
        Assert.Equal(_old.Fingerprint, result.Fingerprint);
    }

    private async Task<RunState> StateAsync(string run) =>
        (await RunJournal.ReadAsync(_old.Run(run))).Aggregate(RunState.Empty, (state, happened) => state.Apply(happened));
}
