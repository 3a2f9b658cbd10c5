using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Commands;

/// <summary>The commands in this process, around one tiny run.</summary>
public sealed class CommandTests : IClassFixture<CommandTests.TinyRun>
{
    private readonly TinyRun _run;

    public CommandTests(TinyRun run) => _run = run;

    /// <summary>A recipe file and a run of it.</summary>
    public sealed class TinyRun : IAsyncLifetime
    {
        internal TinyData Data { get; } = new();

        internal Cli Trained { get; private set; } = null!;

        internal string Recipe => Data.In("tiny.json");

        public async ValueTask InitializeAsync()
        {
            await File.WriteAllTextAsync(Recipe, RecipeFile.Write(Data.Recipe));
            Trained = await Cli.RunAsync(["train", Recipe, "--run", "done", "--threads", "1", .. Places]);
        }

        public ValueTask DisposeAsync()
        {
            Data.Dispose();
            return ValueTask.CompletedTask;
        }

        internal string[] Places => ["--runs-dir", Data.Runs, "--data-dir", Data.In("sample")];
    }

    [Fact]
    public void Training_shows_steps_metrics_and_where_everything_is()
    {
        Assert.True(_run.Trained.Code == ExitCode.Done, _run.Trained.Output + _run.Trained.Error);
        Assert.Contains("step 6/6", _run.Trained.Output, StringComparison.Ordinal);
        Assert.Contains("mean recall", _run.Trained.Output, StringComparison.Ordinal);
        Assert.Contains("fingerprint", _run.Trained.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_run.Data.In("runs", "done", "mix.png")));
        Assert.Empty(_run.Trained.Error);
    }

    [Fact]
    public async Task A_finished_run_that_is_resumed_says_so_and_changes_nothing()
    {
        var resumed = await Cli.RunAsync(["resume", "done", .. _run.Places]);
        Assert.Equal(ExitCode.Done, resumed.Code);
        Assert.Equal(Fingerprint(_run.Trained), Fingerprint(resumed));
        Assert.Equal(6, File.ReadLines(_run.Data.In("runs", "done", "metrics.jsonl")).Count());
    }

    [Fact]
    public async Task A_run_without_a_name_gets_the_next_free_one()
    {
        var trained = await Cli.RunAsync(["train", _run.Recipe, "--quiet", "--steps", "1", "--seed", "3", "--threads", "1", .. _run.Places]);
        Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
        var written = RecipeFile.Load(_run.Data.In("runs", "tiny-1", "recipe.json"));
        Assert.Equal((1L, 3UL), (written.Optimization.Steps, written.Run.Seed));
        Assert.DoesNotContain("step 1/1", trained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_is_evaluated_by_run_by_path_and_with_strangers_captions()
    {
        var byRun = await Cli.RunAsync(["eval", "done", "--split", "test", .. _run.Places]);
        Assert.True(byRun.Code == ExitCode.Done, byRun.Output + byRun.Error);
        Assert.Contains("After 6 steps", byRun.Output, StringComparison.Ordinal);
        var byPath = await Cli.RunAsync(["eval", _run.Data.In("runs", "done", "snapshots", "step-00000006"), "--split", "test", .. _run.Places]);
        Assert.Equal(byRun.Output, byPath.Output);
        var shuffled = await Cli.RunAsync(["eval", "done", "--split", "test", "--shuffle-captions", .. _run.Places]);
        Assert.Equal(ExitCode.Done, shuffled.Code);
        Assert.NotEqual(byRun.Output, shuffled.Output);
    }

    [Fact]
    public async Task Pictures_of_mixes_are_drawn_by_any_method()
    {
        foreach (var method in new[] { "none", "mixup", "cutmix", "oracle" })
        {
            var file = _run.Data.In(method + ".png");
            var drawn = await Cli.RunAsync(["mix", "done", "--method", method, "--count", "4", "--out", file, .. _run.Places]);
            Assert.True(drawn.Code == ExitCode.Done, method + drawn.Output + drawn.Error);
            Assert.True(new FileInfo(file).Length > 1000, method);
        }
    }

    [Fact]
    public async Task Data_are_inspected()
    {
        var inspected = await Cli.RunAsync("data", "inspect", _run.Data.In("train.tar"));
        Assert.Equal(ExitCode.Done, inspected.Code);
        Assert.Contains("pictures  16, 15 of them usable", inspected.Output, StringComparison.Ordinal);
        Assert.Contains("captions  15 ", inspected.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_inspection_that_finds_no_usable_picture_has_failed()
    {
        var broken = Directory.CreateDirectory(_run.Data.In("broken")).FullName;
        await File.WriteAllTextAsync(Path.Combine(broken, "a.jpg"), "no picture");
        await File.WriteAllTextAsync(Path.Combine(broken, "list.json"), """[{"image": "a.jpg", "caption": "a cat"}]""");
        var inspected = await Cli.RunAsync("data", "inspect", Path.Combine(broken, "list.json"));
        Assert.Contains("1, 0 of them usable", inspected.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, inspected.Code);
    }

    [Fact]
    public async Task A_directory_that_a_full_disk_left_at_the_start_is_begun_anew_with_a_word()
    {
        Directory.CreateDirectory(_run.Data.In("runs", "left"));
        await File.WriteAllTextAsync(_run.Data.In("runs", "left", "recipe.json"), "");
        (await Cli.RunAsync(["resume", "left", .. _run.Places])).IsMistake("was never begun");
        var trained = await Cli.RunAsync(["train", _run.Recipe, "--run", "left", "--steps", "1", "--threads", "1", .. _run.Places]);
        Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
        Assert.Contains("the run is begun anew in it", trained.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_is_cut_off_or_something_else_is_said_in_one_line_with_what_to_do()
    {
        var (journal, kept) = (_run.Data.In("runs", "done", "journal.db"), _run.Data.In("kept.db"));
        File.Copy(journal, kept);
        foreach (var bytes in new[] { File.ReadAllBytes(kept)[..5000], [.. "these are no tables, and this is no journal of any run"u8] })
        {
            await File.WriteAllBytesAsync(journal, bytes);
            (await Cli.RunAsync(["resume", "done", .. _run.Places])).IsMistake("Move it away with journal.db-wal");
            (await Cli.RunAsync(["report", "done", "--no-mixes", .. _run.Places])).IsMistake("\"timix resume\" then goes on from the newest snapshot");
        }

        File.Copy(kept, journal, overwrite: true);
    }

    [Theory]
    [InlineData("eval done --split tset", "validation, test and train")]
    [InlineData("eval missing", "done")]
    [InlineData("resume missing", "done")]
    [InlineData("mix done --count 1", "from 2 to 64")]
    [InlineData("mix done --method magic", "it can be none, mixup")]
    [InlineData("resume done --threads 0", "1 or more")]
    public async Task A_mistake_about_a_run_is_named(string arguments, string expected) =>
        (await Cli.RunAsync([.. arguments.Split(' '), .. _run.Places])).IsMistake(expected);

    [Theory]
    [InlineData("--run done", "timix resume done")]
    [InlineData("--run ../x", "plain file name")]
    [InlineData("--set optimization.microBatchSize=5", "must be even")]
    [InlineData("--set optimization.stpes=5", "did you mean \"optimization.steps\"")]
    [InlineData("--set lr=3", "did you mean \"optimization.learningRate\"")]
    [InlineData("--set optimization.WeightDecay=1", "did you mean \"optimization.weightDecay\"")]
    [InlineData("--set micro_batch_size=8", "did you mean \"optimization.microBatchSize\"")]
    [InlineData("--set colour=red", "\"timix recipe\" lists all keys")]
    [InlineData("--stps 3", "\"timix train\" has no option --stps; did you mean --steps?")]
    [InlineData("--quite=1", "\"timix train\" has no option --quite; did you mean --quiet?")]
    [InlineData("--set optimization.steps=many", "whole number")]
    [InlineData("--set mix.method=magic", "random-window")]
    [InlineData("--set steps", "key=value")]
    [InlineData("--set data.train=nowhere-{000..002}.tar", "nowhere-000.tar")]
    [InlineData("--set data.vocabulary=nowhere.txt", "nowhere.txt")]
    [InlineData("--set optimization.microBatches=5", "16 training samples")]
    [InlineData("--set model.preset=huge", "sample")]
    [InlineData("--trainers 50", "--trainers is 50; a step has 2 micro-batches")]
    [InlineData("--threads 0", "1 or more")]
    [InlineData("--threads two", "two")]
    [InlineData("--stpes", "--stpes")]
    public async Task A_mistake_in_training_is_named_and_nothing_is_written(string arguments, string expected)
    {
        var runs = _run.Data.In("runs");
        string[] name = arguments.StartsWith("--run ", StringComparison.Ordinal) ? [] : ["--run", "wrong"];
        (await Cli.RunAsync(["train", _run.Recipe, .. name, .. arguments.Split(' '), .. _run.Places])).IsMistake(expected);
        Assert.False(Directory.Exists(Path.Combine(runs, "wrong")));
    }

    [Fact]
    public async Task An_unknown_recipe_command_or_tar_is_named()
    {
        (await Cli.RunAsync(["train", "smple", .. _run.Places])).IsMistake("sample");
        (await Cli.RunAsync("recipe", "smple")).IsMistake("sample");
        (await Cli.RunAsync("data", "inspect", _run.Data.In("absent.tar"))).IsMistake("absent.tar");
        (await Cli.RunAsync("trian")).IsMistake("there is no command \"trian\"; did you mean train?");
        (await Cli.RunAsync("data", "pakc")).IsMistake("there is no command \"data pakc\"; did you mean pack?");
        (await Cli.RunAsync("xyz")).IsMistake("there is no command \"xyz\".");
    }

    private static string Fingerprint(Cli call) => call.Output.Split('\n').Single(line => line.StartsWith("fingerprint", StringComparison.Ordinal));
}
