using System.Security.Cryptography;
using TiMix.Actors.Journals;
using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Learning.Model;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Training;

namespace TiMix.Actors.Nodes;

/// <summary>A whole run in one process: one node with all roles, a cluster of its own.</summary>
public static class TrainingRun
{
    /// <summary>Said again and again: a coordinator that is just being started does not hear it.</summary>
    private static readonly TimeSpan StopAgain = TimeSpan.FromSeconds(1);

    private sealed class NoControl : INodeControl
    {
        public void Ready(string address)
        {
        }

        public void OnFault(Action<NodeFault> inject)
        {
        }
    }

    /// <summary>Starts or resumes a run and returns when it is over.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="observer">Sees it go by.</param>
    /// <param name="stop">The step is finished, a snapshot written, and the outcome is <see cref="RunOutcome.Stopped"/>.</param>
    /// <exception cref="RunError">The user's mistake; nothing was written.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static async Task<RunResult> ExecuteAsync(RunOptions options, IRunObserver observer, CancellationToken stop)
    {
        using var directory = await OpenAsync(options, observer, stop).ConfigureAwait(false);
        return await ExecuteAsync(options, directory, observer, stop).ConfigureAwait(false);
    }

    /// <summary>The same with a directory that is the caller's.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="directory">From <see cref="OpenAsync"/>.</param>
    /// <param name="observer">Sees it go by.</param>
    /// <param name="stop">The step is finished, a snapshot written, and the outcome is <see cref="RunOutcome.Stopped"/>.</param>
    /// <param name="steering">Given what may be asked of the coordinator, once there is a way to it.</param>
    public static async Task<RunResult> ExecuteAsync(
        RunOptions options, RunDirectory directory, IRunObserver observer, CancellationToken stop, Action<RunSteering>? steering = null)
    {
        var node = new NodeOptions
        {
            Name = "node",
            Roles = NodeRoles.All,
            RunName = options.Name,
            RunsDirectory = options.RunsDirectory,
            DataDirectory = options.DataDirectory,
            Recipe = options.Recipe,
            Device = "auto",
            Threads = options.Threads,
            Continue = options.Resume,
            Journal = options.Journal,
            Token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)),
            Log = directory.Log,
        };
        ITimer? stopping = null;
        CancellationTokenRegistration told = default;
        try
        {
            return await NodeHost.RunAsync(
                node, new NoControl(), CancellationToken.None, observer,
                found =>
                {
                    steering?.Invoke(found);
                    told = stop.Register(() =>
                    {
                        observer.Phase(new RunPhase.Stopping());
                        stopping = TimeProvider.System.CreateTimer(_ => found.Stop(), null, TimeSpan.Zero, StopAgain);
                    });
                }).ConfigureAwait(false);
        }
        finally
        {
            await told.DisposeAsync().ConfigureAwait(false);
            stopping?.Dispose();
        }
    }

    /// <summary>
    /// Takes the run's directory into possession: makes that of a new run once the data have been found to be right, so that a
    /// mistake leaves nothing, or opens that of an old one.
    /// </summary>
    /// <exception cref="RunError">The user's mistake; nothing was written.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static async Task<RunDirectory> OpenAsync(RunOptions options, IRunObserver observer, CancellationToken stop)
    {
        var existing = !options.Resume ? null
            : options.SharesDirectory ? RunDirectory.Look(options.RunsDirectory, options.Name)
            : RunDirectory.Open(options.RunsDirectory, options.Name);
        try
        {
            var recipe = options.Recipe;
            if (existing is not null)
            {
                await RunBeginning.CheckAsync(existing, recipe, options.Journal).ConfigureAwait(false);
            }

            var data = new RunData(recipe, options.DataDirectory);
            if (existing is not null)
            {
                data.CheckDirectory();
            }

            data.Prepare(observer, stop);
            var tokenizer = data.OpenTokenizer();
            var layout = DualEncoder.LayoutOf(RecipeModel.Of(recipe, tokenizer));
            CheckRoom(SnapshotRoom.Of(options.RunsDirectory, layout), existing is null ? recipe.Run.KeepSnapshots + 1 : 1, existing is null, observer);
            if (recipe.Model.Init.Length > 0 && InitialWeights.Read(recipe, layout, new float[layout.Length]) is { } start && existing is null)
            {
                observer.Notice(new Notice.StartsFrom(start.Path, start.Taken.Count, start.Seeded, start.Unused));
            }

            using var train = data.Open("train");
            recipe.SampleOrder(train.Count);
            foreach (var warning in data.Warnings(train, tokenizer))
            {
                observer.Notice(warning);
            }

            if (existing is null && RunDirectory.Of(options.RunsDirectory, options.Name) is { IsBegun: false, IsEmpty: false } left)
            {
                observer.Notice(new Notice.BegunAnew(left.Path));
            }

            var manifest = data.Manifest();
            var directory = existing ?? (options.SharesDirectory
                ? RunDirectory.Share(options.RunsDirectory, options.Name, recipe)
                : RunDirectory.Create(options.RunsDirectory, options.Name, RecipeFile.Write(recipe)));
            Settle(directory, manifest, existing is null ? null : observer);
            return directory;
        }
        catch (DataException error) when (existing is not null && options.Recipe.HasRelativePaths())
        {
            existing.Dispose();
            throw new DataException(
                $"{error.Message} The paths in {existing.Recipe} are seen from the directory in which the run was begun: go on with it there.");
        }
        catch
        {
            existing?.Dispose();
            throw;
        }
    }

    /// <param name="directory">Given up if the data are others.</param>
    /// <param name="manifest">Of the data.</param>
    /// <param name="observer">Told if a run that goes on did not know its data; null: it is new.</param>
    private static void Settle(RunDirectory directory, DataManifest manifest, IRunObserver? observer)
    {
        try
        {
            if (manifest.Settle(directory))
            {
                observer?.Notice(new Notice.DataNoted(manifest.Train.Count));
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    private static void CheckRoom(SnapshotRoom room, int kept, bool begins, IRunObserver observer)
    {
        if (begins)
        {
            room.Demand();
        }

        if (room.IsLittle(kept))
        {
            observer.Notice(new Notice.LittleRoom(room.Directory, room.Free!.Value, (kept + 1) * room.Snapshot));
        }
    }
}
