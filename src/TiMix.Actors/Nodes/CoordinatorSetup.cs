using Akka.Configuration;
using Microsoft.Extensions.Logging;
using TiMix.Actors.Coordination;
using TiMix.Actors.Messages;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Actors.Snapshots;
using TiMix.Data;
using TiMix.Learning;

namespace TiMix.Actors.Nodes;

/// <summary>What a coordinator's node has to look up before it can coordinate: the recipe, the model's sizes, the journal.</summary>
internal sealed class CoordinatorSetup
{
    private readonly Recipe _recipe;
    private readonly ModelConfig _model;

    private CoordinatorSetup(Recipe recipe, ModelConfig model, CoordinatorAssignment assignment, Config journal) =>
        (_recipe, _model, Assignment, Journal) = (recipe, model, assignment, journal);

    /// <summary>What this process was started for.</summary>
    public CoordinatorAssignment Assignment { get; }

    /// <summary>Settings of the journal.</summary>
    public Config Journal { get; }

    /// <summary>Reads the recipe and checks it against the data.</summary>
    /// <exception cref="RunError">The user's mistake.</exception>
    /// <exception cref="DataException">The data are missing or wrong.</exception>
    public static CoordinatorSetup Of(NodeOptions options, RunDirectory directory)
    {
        var recipe = options.Recipe ?? RecipeFile.Parse(File.ReadAllText(RunDirectory.Look(options.RunsDirectory, options.RunName).Recipe), directory.Recipe);
        var data = new RunData(recipe, options.DataDirectory);
        var model = ModelOf(recipe, data.OpenTokenizer());
        var begin = options.Recipe is not null || options.Continue
            ? new CoordinatorCommands.BeginRun(RecipeFile.Write(recipe), recipe.Optimization.Steps, recipe.Optimization.MicroBatches, recipe.Run.Seed)
            : null;
        Directory.CreateDirectory(directory.Path);
        if (options.Recipe is not null && !File.Exists(directory.Recipe))
        {
            File.WriteAllText(directory.Recipe, RecipeFile.Write(recipe));
        }

        Nodes.Journal.UseWriteAheadLog(directory);
        return new CoordinatorSetup(recipe, model, new CoordinatorAssignment(begin), Nodes.Journal.ConfigOf(directory));
    }

    /// <summary>Sizes of the recipe's model.</summary>
    /// <exception cref="RunError">They do not fit together.</exception>
    public static ModelConfig ModelOf(Recipe recipe, WordPieceTokenizer tokenizer)
    {
        try
        {
            if (tokenizer.PadId != SpecialTokens.Padding)
            {
                throw new RunError($"data.vocabulary: [PAD] has id {tokenizer.PadId}; it must be the first piece, with id {SpecialTokens.Padding}.");
            }

            var model = recipe.ModelConfig(tokenizer.VocabularySize, new SpecialTokens(tokenizer.ClassId, tokenizer.SeparatorId, tokenizer.MaskId));
            model.Validate();
            return model;
        }
        catch (ArgumentException error)
        {
            throw new RunError(error.Message);
        }
    }

    /// <summary>What the coordinator's actor needs.</summary>
    public CoordinatorActor.Settings SettingsFor(NodeOptions options, RunDirectory directory, ILogger log) => new(
        options.RunName,
        _recipe,
        new NodeMessages.RunDescription(options.RunName, RecipeFile.Write(_recipe), _model),
        new SnapshotStore(directory.Snapshots),
        MonitorActor.Props(directory, options.RunName, _recipe, log),
        options.Membership,
        Assignment,
        TimeProvider.System);
}
