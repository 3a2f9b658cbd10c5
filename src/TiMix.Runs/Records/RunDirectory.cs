using System.Security.Cryptography;
using TiMix.Base;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Runs.Records;

/// <summary>Everything a run leaves is in one directory; this names its files and keeps a second process out.</summary>
public sealed class RunDirectory : IDisposable
{
    private const int WouldBlock = 11;
    private readonly FileStream? _lock;

    private RunDirectory(string path, FileStream? held) => (Path, _lock) = (path, held);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>The recipe, as the run began with it.</summary>
    public string Recipe => In("recipe.json");

    /// <summary>What data the run began with.</summary>
    public string Data => In("data.json");

    /// <summary>The coordinator's journal, in SQLite.</summary>
    public string Journal => In("journal.db");

    /// <summary>One directory a snapshot.</summary>
    public string Snapshots => In("snapshots");

    /// <summary>One line a step.</summary>
    public string Metrics => In("metrics.jsonl");

    /// <summary>One line a sample that was replaced.</summary>
    public string Replacements => In("replacements.jsonl");

    /// <summary>One line an evaluation.</summary>
    public string Evaluations => In("evaluations.jsonl");

    /// <summary>What happened, for whoever has to find out why.</summary>
    public string Log => In("log.txt");

    /// <summary>Where the run can be watched and steered while it goes on.</summary>
    public string Operations => In("operations.json");

    /// <summary>How it ended.</summary>
    public string Summary => In("summary.json");

    /// <summary>What was drawn for the run when it began; null: nothing, or it cannot be read from here.</summary>
    public string? Id
    {
        get
        {
            try
            {
                return File.ReadAllText(IdFile).Trim() is { Length: > 0 } id ? id : null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    private string IdFile => In("run.id");

    private string Lock => In("run.lock");

    /// <summary>Whether there is a run: a full disk, or a death at the start, may have left a directory without a recipe.</summary>
    public bool IsBegun => new FileInfo(Recipe) is { Exists: true, Length: > 0 };

    /// <summary>Whether nothing is there.</summary>
    public bool IsEmpty => !Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any();

    /// <summary>
    /// Whether a process has the run in its possession. Whoever may only read can ask, too; the lock is shared with them for the
    /// moment of asking.
    /// </summary>
    public bool IsHeld
    {
        get
        {
            try
            {
                using var asked = File.Exists(Lock) ? new FileStream(Lock, FileMode.Open, FileAccess.Read, FileShare.Read) : null;
                return false;
            }
            catch (IOException error) when (error.HResult == WouldBlock)
            {
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>The directory of a run, without touching it.</summary>
    /// <exception cref="RunError">The name is not one path segment.</exception>
    public static RunDirectory Of(string runsDirectory, string name)
    {
        if (name.Length == 0 || name is "." or ".." || name != System.IO.Path.GetFileName(name))
        {
            throw new RunError($"\"{name}\" cannot be the name of a run: it must be a plain file name.");
        }

        return new RunDirectory(System.IO.Path.Combine(runsDirectory, name), null);
    }

    /// <summary>Claims the next free name for a run of a recipe, by an empty directory: of those who claim at once, each gets another.</summary>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="recipe">Name of the recipe.</param>
    /// <exception cref="RunError">Nothing can be made there.</exception>
    public static string Claim(string runsDirectory, string recipe)
    {
        try
        {
            Directory.CreateDirectory(runsDirectory);
            for (var number = 1; ; number++)
            {
                var name = $"{recipe}-{number}";
                if (WholeDirectory.TryCreate(Of(runsDirectory, name).Path))
                {
                    return name;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"no run can be kept in {runsDirectory}: {error.Message}");
        }
    }

    /// <summary>
    /// Draws what this directory is known by, unless it has that already: a node that finds something else where the run should be sees another directory.
    /// </summary>
    /// <exception cref="RunError">It cannot be written.</exception>
    public void Identify()
    {
        try
        {
            _ = File.Exists(IdFile) || WholeFile.TryCreate(IdFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)) + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"nothing can be written in {Path}: {error.Message}");
        }
    }

    /// <summary>Gives a claimed name back if no run has come of it.</summary>
    public void GiveBack()
    {
        if (Directory.Exists(Path) && IsEmpty)
        {
            Directory.Delete(Path);
        }
    }

    /// <summary>The same by its path.</summary>
    internal static RunDirectory At(string path) => new(path, null);

    /// <summary>Reads the recipe, as the run began with it.</summary>
    /// <exception cref="RunError">It is no recipe.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Recipe ReadRecipe() => RecipeFile.Parse(File.ReadAllText(Recipe), Recipe);

    /// <summary>Makes the directory of a new run and takes it into possession.</summary>
    /// <exception cref="RunError">There is one already, or it cannot be made.</exception>
    public static RunDirectory Create(string runsDirectory, string name, string recipe)
    {
        var directory = Of(runsDirectory, name);
        if (directory.IsBegun)
        {
            throw new RunError(
                $"there is a run \"{name}\" in {runsDirectory} already; go on with it by \"{RunHint.Resume(name, runsDirectory)}\", or choose another --run.");
        }

        directory.RefuseRemains();
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(directory.Path);
            held = directory.TakeLock();
            WholeFile.Write(directory.Recipe, recipe);
            return new RunDirectory(directory.Path, held);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new RunError($"the run's directory {directory.Path} cannot be made: {error.Message}");
        }
    }

    /// <summary>The directory of a run that several coordinators stand by for: made by the first of them, and not taken into possession.</summary>
    /// <exception cref="RunError">It is there with another recipe, or cannot be made.</exception>
    public static RunDirectory Share(string runsDirectory, string name, Recipe recipe)
    {
        var directory = Of(runsDirectory, name);
        try
        {
            Directory.CreateDirectory(directory.Path);
            if (!directory.IsBegun)
            {
                directory.RefuseRemains();
                File.Delete(directory.Recipe);
            }

            if (WholeFile.TryCreate(directory.Recipe, RecipeFile.Write(recipe)))
            {
                return directory;
            }

            return RecipeFile.Difference(directory.ReadRecipe(), recipe) is not { } difference ? directory
                : throw new RunError($"there is a run \"{name}\" in {runsDirectory} already, with another recipe: {difference}; start "
                    + $"the node with --recipe {directory.Recipe}, or choose another --run.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"the run's directory {directory.Path} cannot be made: {error.Message}");
        }
    }

    /// <summary>The directory of an existing run, without taking it into possession.</summary>
    /// <exception cref="RunError">There is none.</exception>
    public static RunDirectory Look(string runsDirectory, string name)
    {
        var directory = Of(runsDirectory, name);
        if (directory.IsBegun)
        {
            return directory;
        }

        if (File.Exists(directory.Recipe))
        {
            throw new RunError($"the run \"{name}\" in {runsDirectory} was never begun, its recipe.json is empty; begin it: timix train RECIPE --run {name}");
        }

        string[] known = Directory.Exists(runsDirectory)
            ? [.. Directory.GetDirectories(runsDirectory).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : [];
        throw new RunError($"there is no run \"{name}\" in {runsDirectory}; {(known.Length == 0 ? "it holds none" : "it holds " + string.Join(", ", known))}.");
    }

    /// <summary>Takes the directory of an existing run into possession.</summary>
    /// <exception cref="RunError">There is none, or another process has it.</exception>
    public static RunDirectory Open(string runsDirectory, string name)
    {
        var directory = Look(runsDirectory, name);
        return new RunDirectory(directory.Path, directory.TakeLock());
    }

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();

    private string In(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>A run of which only the recipe is missing must not be written over.</summary>
    private void RefuseRemains()
    {
        string[] remains = [.. new[] { Journal, In("journal.json"), Snapshots }.Where(System.IO.Path.Exists).Select(path => System.IO.Path.GetFileName(path))];
        if (remains.Length > 0)
        {
            throw new RunError($"{Path} holds {string.Join(" and ", remains)} of a run, but no recipe.json; put it back (every snapshot.json has it as "
                + "\"recipe\"), or choose another --run.");
        }
    }

    private FileStream TakeLock()
    {
        try
        {
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult == WouldBlock)
        {
            throw new RunError($"another process is at work on {Path}; stop it first (only a run whose journal is in PostgreSQL takes several coordinators).");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"the run in {Path} cannot be gone on with, as nothing can be written there: {error.Message}");
        }
    }
}
