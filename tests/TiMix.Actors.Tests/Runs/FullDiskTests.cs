using System.Text.Json.Nodes;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Actors.Tests.Runs;

/// <summary>
/// A disk that is full at one kind of write and no other, all kinds one after the other: the run ends and says what could not be written,
/// or does without; with room again it ends with the weights of a run that nothing happened to.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Full = "/dev/full";
    private static readonly Lazy<Task<string>> Undisturbed = new(async () =>
    {
        using var data = new TinyData();
        using var seen = new RecordingObserver();
        return (await TrainingRun.ExecuteAsync(data.Options("plain"), seen, seen.Stop)).Fingerprint!;
    });
    private readonly TinyData _data = new();

    private string Run => Directory.CreateDirectory(Path.Combine(_data.Runs, "full")).FullName;

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("suite", "deep")]
    public async Task The_log()
    {
        Assert.SkipUnless(File.Exists(Full), $"There is no {Full} here.");
        WriteRecipe();
        File.CreateSymbolicLink(Path.Combine(Run, "log.txt"), Full);
        var (result, _) = await StartAsync();
        Assert.Equal((RunOutcome.Finished, null, await Undisturbed.Value), (result.Outcome, result.Error, result.Fingerprint));
    }

    [Fact]
    public async Task The_audit()
    {
        Assert.SkipUnless(File.Exists(Full), $"There is no {Full} here.");
        WriteRecipe();
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(Run, "audit")).FullName, "node.jsonl");
        File.CreateSymbolicLink(file, Full);
        var (result, seen) = await StartAsync();
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.StartsWith("the audit of step 1 could not be written: No space left on device", result.Error, StringComparison.Ordinal);
        Assert.Contains(seen.Said, notice => notice is Notice.AuditNotWritten { Step: 1 });
        Assert.Empty(Snapshots());
        File.Delete(file);
        await ResumeAsync();
        Assert.Equal([1L, 2, 3, 4, 5, 6], AuditLog.Read(file).Select(record => record.Step));
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_snapshot()
    {
        using var disk = SmallDisk.Mount(_data.In("disk"));
        WriteRecipe();
        Directory.CreateSymbolicLink(Path.Combine(Run, "snapshots"), disk.Root);
        disk.Fill();
        var (result, seen) = await StartAsync();
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.StartsWith("the snapshot of step 6 could not be written: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("No space left on device", result.Error, StringComparison.Ordinal);
        Assert.Subset(seen.Said.OfType<Notice.SnapshotNotWritten>().Select(notice => notice.Step).ToHashSet(), new HashSet<long> { 2, 4, 6 });
        disk.Free();
        await ResumeAsync();
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task The_journal()
    {
        using var disk = SmallDisk.Mount(_data.In("disk"));
        WriteRecipe();
        File.CreateSymbolicLink(Path.Combine(Run, "journal.db"), Path.Combine(disk.Root, "journal.db"));
        var (result, _) = await StartAsync(seen => seen.OnStep = _ => disk.Fill());
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.Matches(@"^the run's journal .*journal\.db could not be written: SQLite Error (13|10).* Its disk is full, or fails\.$", result.Error);
        var mistake = await Assert.ThrowsAsync<RunError>(() => AgainAsync(new RecordingObserver()));
        Assert.Contains("Its disk is full, or fails", mistake.Message, StringComparison.Ordinal);
        disk.Free();
        await ResumeAsync();
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task The_recipe()
    {
        using var disk = SmallDisk.Mount(Run);
        disk.Fill();
        var mistake = Assert.Throws<RunError>(WriteRecipe);
        Assert.Matches("^the run's directory .* cannot be made: No space left on device", mistake.Message);
        Assert.DoesNotContain('\n', mistake.Message);
        disk.Free();
        WriteRecipe();
        await ResumeAsync();
    }

    [Theory]
    [InlineData(0, "metrics.jsonl")]
    [InlineData(2, "evaluations.jsonl")]
    [Trait("suite", "deep")]
    public async Task Metrics_and_evaluations(int pages, string first)
    {
        using var disk = MountRun();
        disk.Fill(pages);
        var (result, seen) = await StartAsync();
        Assert.Equal(RunOutcome.Failed, result.Outcome);
        Assert.StartsWith("the run's metrics and evaluations could not be written: No space left on device", result.Error, StringComparison.Ordinal);
        Assert.Contains(first, seen.Said.OfType<Notice.RecordsNotWritten>().First().Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Run, "summary.json")));
        disk.Free();
        await ResumeAsync();
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task The_summary()
    {
        using var disk = MountRun();
        disk.Fill(3);
        var (result, seen) = await StartAsync();
        Assert.Equal((RunOutcome.Finished, await Undisturbed.Value), (result.Outcome, result.Fingerprint));
        Assert.Contains("summary.json", Assert.Single(seen.Said.OfType<Notice.RecordsNotWritten>()).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Run, "summary.json")));
        disk.Free();
        await ResumeAsync();
    }

    /// <summary>The run's directory is a disk of its own, but for what grows by more than a page.</summary>
    private SmallDisk MountRun()
    {
        var disk = SmallDisk.Mount(Run);
        WriteRecipe();
        foreach (var file in new[] { "journal.db", "log.txt" })
        {
            File.CreateSymbolicLink(Path.Combine(Run, file), _data.In(file));
        }

        foreach (var folder in new[] { "audit", "snapshots" })
        {
            Directory.CreateSymbolicLink(Path.Combine(Run, folder), Directory.CreateDirectory(_data.In(folder)).FullName);
        }

        return disk;
    }

    /// <summary>The run exists, and nothing of it is done.</summary>
    private void WriteRecipe()
    {
        using var directory = RunDirectory.Create(_data.Runs, "full", RecipeFile.Write(_data.Recipe));
        directory.Identify();
    }

    private async Task<(RunResult Result, RecordingObserver Seen)> StartAsync(Action<RecordingObserver>? prepare = null)
    {
        var seen = new RecordingObserver();
        prepare?.Invoke(seen);
        using var directory = RunDirectory.Open(_data.Runs, "full");
        return (await TrainingRun.ExecuteAsync(_data.Options("full", resume: true), directory, seen, seen.Stop), seen);
    }

    private Task<RunResult> AgainAsync(RecordingObserver seen) => TrainingRun.ExecuteAsync(_data.Options("full", resume: true), seen, seen.Stop);

    private async Task ResumeAsync()
    {
        using var seen = new RecordingObserver();
        var result = await AgainAsync(seen);
        Assert.Equal((RunOutcome.Finished, null, await Undisturbed.Value), (result.Outcome, result.Error, result.Fingerprint));
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Run, "summary.json")))!;
        Assert.Equal(result.Fingerprint, summary["fingerprint"]!.GetValue<string>());
        Assert.Equal(8, summary["evaluation"]!["test"]!["pairs"]!.GetValue<int>());
    }

    private string[] Snapshots() => Directory.Exists(Path.Combine(Run, "snapshots")) ? Directory.GetDirectories(Path.Combine(Run, "snapshots")) : [];
}
