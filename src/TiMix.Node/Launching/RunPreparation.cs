using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Data;

namespace TiMix.Node.Launching;

/// <summary>What has to be right before a process is started: data, vocabulary, model, directory.</summary>
internal static class RunPreparation
{
    /// <summary>Checks the run and takes its directory into possession.</summary>
    /// <exception cref="RunError">The user's mistake; nothing was written.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static RunDirectory Take(RunOptions options, IRunObserver observer, CancellationToken stop)
    {
        var existing = options.Resume ? RunDirectory.Open(options.RunsDirectory, options.Name) : null;
        try
        {
            var data = new RunData(options.Recipe, options.DataDirectory);
            data.Prepare(observer, stop);
            CheckModel(options.Recipe, data.OpenTokenizer());
            using var train = data.Open("train");
            _ = StepsPerEpoch(options.Recipe, train.Count);
            foreach (var problem in train.Problems)
            {
                observer.Notice(NoticeLevel.Warning, $"{problem.Where}: {problem.What}");
            }

            return existing ?? RunDirectory.Create(options.RunsDirectory, options.Name, RecipeFile.Write(options.Recipe));
        }
        catch
        {
            existing?.Dispose();
            throw;
        }
    }

    /// <summary>Steps after which every sample may come again.</summary>
    public static int StepsPerEpoch(Recipe recipe, int samples)
    {
        var (parts, size) = (recipe.Optimization.MicroBatches, recipe.Optimization.MicroBatchSize);
        return new SampleOrder(recipe.Run.Seed, samples, parts * size, parts).StepsPerEpoch;
    }

    private static void CheckModel(Recipe recipe, WordPieceTokenizer tokenizer)
    {
        try
        {
            recipe.ModelConfig(tokenizer.VocabularySize).Validate();
        }
        catch (ArgumentException error)
        {
            throw new RunError(error.Message);
        }
    }
}
