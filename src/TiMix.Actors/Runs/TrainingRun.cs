using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Pattern;
using Akka.Persistence.Sql;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TiMix.Actors.Coordination;
using TiMix.Actors.Evaluation;
using TiMix.Actors.Loading;
using TiMix.Actors.Messages;
using TiMix.Actors.Mixing;
using TiMix.Actors.Recipes;
using TiMix.Actors.Snapshots;
using TiMix.Actors.Training;
using TiMix.Data;
using TiMix.Exchange.Bundles;
using TiMix.Learning;

namespace TiMix.Actors.Runs;

/// <summary>A whole run in one node: coordinator, loader, mixer, trainer and evaluator in one actor system.</summary>
public static class TrainingRun
{
    private static readonly TimeSpan MinBackOff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(10);
    private const int MaxRestarts = 5;

    /// <summary>Starts or resumes a run and returns when it is over.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="observer">Sees it go by.</param>
    /// <param name="stop">The step is finished, a snapshot written, and the outcome is <see cref="RunOutcome.Stopped"/>.</param>
    /// <exception cref="RunError">The user's mistake; nothing was written.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static async Task<RunResult> ExecuteAsync(RunOptions options, IRunObserver observer, CancellationToken stop)
    {
        var recipe = options.Recipe;
        var text = RecipeFile.Write(recipe);
        var data = new RunData(recipe, options.DataDirectory);
        var existing = options.Resume ? RunDirectory.Open(options.RunsDirectory, options.Name) : null;
        RunDirectory? directory = existing;
        try
        {
            data.Prepare(observer, stop);
            var tokenizer = data.OpenTokenizer();
            var train = data.Open("train");
            var model = ModelOf(recipe, tokenizer);
            var order = new SampleOrder(recipe.Run.Seed, train.Count, recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize, recipe.Optimization.MicroBatches);
            foreach (var problem in train.Problems)
            {
                observer.Notice(NoticeLevel.Warning, $"{problem.Where}: {problem.What}");
            }

            directory ??= RunDirectory.Create(options.RunsDirectory, options.Name, text);
            var loader = new BatchLoader(train, tokenizer, order, recipe.LoaderOptions(model), recipe.Run.Seed);
            return await RunAsync(options, text, directory, data, model, loader, order, observer, stop).ConfigureAwait(false);
        }
        finally
        {
            directory?.Dispose();
        }
    }

    private static ModelConfig ModelOf(Recipe recipe, WordPieceTokenizer tokenizer)
    {
        try
        {
            var model = recipe.ModelConfig(tokenizer.VocabularySize);
            model.Validate();
            return model;
        }
        catch (ArgumentException error)
        {
            throw new RunError(error.Message);
        }
    }

    private static async Task<RunResult> RunAsync(
        RunOptions options, string recipeText, RunDirectory directory, RunData data, ModelConfig model, BatchLoader loader, SampleOrder order, IRunObserver observer, CancellationToken stop)
    {
        var recipe = options.Recipe;
        var ending = new TaskCompletionSource<MonitorMessages.Over>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var bundles = new BundleStore("local");
        using var records = new RunRecords(directory);
        var snapshots = new SnapshotStore(directory.Snapshots);
        var settings = new TrainerActor.Settings(recipe, recipeText, model, snapshots, bundles, options.Threads, order.StepsPerEpoch);
        UseWriteAheadLog(directory.Journal);

        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.AddProvider(new FileLog(directory.Log));
        builder.Services.AddAkka("timix", akka => akka
            .AddHocon(JournalConfig(directory.Journal).WithFallback(NodeConfig()).WithFallback(SqlPersistence.DefaultConfiguration), HoconAddMode.Prepend)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
            })
            .WithActors((system, registry) =>
            {
                var monitor = system.ActorOf(MonitorActor.Props(records, observer, ending), "monitor");
                var loaders = Supervised(system, monitor, LoaderActor.Props(loader, bundles), "loader");
                var mixer = Supervised(system, monitor, MixerActor.Props(recipe, model, loaders, bundles), "mixer");
                var evaluator = Supervised(system, monitor, EvaluatorActor.Props(recipe, data), "evaluator");
                var coordinator = system.ActorOf(CoordinatorActor.Props(options.Name, recipe, snapshots, evaluator, monitor), "coordinator");
                coordinator.Tell(new CoordinatorCommands.BeginRun(recipeText, recipe.Optimization.Steps, recipe.Optimization.MicroBatches, recipe.Run.Seed));
                Supervised(system, monitor, TrainerActor.Props(settings, coordinator, mixer, monitor), "trainer");
                monitor.Tell(coordinator);
                registry.Register<CoordinatorActor>(coordinator);
            }));

        using var host = builder.Build();
        await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
        var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("run");
        log.Started(options.Name, TorchRuntime.Describe(), options.Threads);
        var coordinator = host.Services.GetRequiredService<IReadOnlyActorRegistry>().Get<CoordinatorActor>();
        await using var registration = stop.Register(() =>
        {
            observer.Phase("stopping after this step");
            coordinator.Tell(new CoordinatorCommands.PauseRun());
        });
        var end = await ending.Task.ConfigureAwait(false);
        await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        log.Ended(end.Outcome.ToString(), end.Error ?? "");
        if (end.Outcome == RunOutcome.Finished)
        {
            records.Summarise(RunSummary.Of(options, records, end));
        }

        return new RunResult(end.Outcome, directory.Path, end.Fingerprint, end.Error);
    }

    /// <summary>Restarted with growing pauses when it fails; given up after <see cref="MaxRestarts"/> times, which ends the run.</summary>
    private static IActorRef Supervised(ActorSystem system, IActorRef monitor, Props props, string name)
    {
        var options = Backoff.OnFailure(props, name, MinBackOff, MaxBackOff, randomFactor: 0, maxNrOfRetries: MaxRestarts).WithAutoReset(TimeSpan.FromMinutes(1));
        var supervisor = system.ActorOf(BackoffSupervisor.Props(options), name + "-supervisor");
        monitor.Tell(supervisor);
        return supervisor;
    }

    private static Config NodeConfig() => ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster-config", "local.conf")));

    private static Config JournalConfig(string path) => ConfigurationFactory.ParseString(
        $$"""akka.persistence.journal.sql { connection-string = "{{ConnectionString(path).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}}", provider-name = "SQLite.MS" }""");

    private static string ConnectionString(string path) => new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), Pooling = false }.ToString();

    /// <summary>A property of the file: thousands of journal writes a second instead of dozens, and no lost event after a kill.</summary>
    private static void UseWriteAheadLog(string path)
    {
        using var connection = new SqliteConnection(ConnectionString(path));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL;";
        command.ExecuteNonQuery();
    }
}
