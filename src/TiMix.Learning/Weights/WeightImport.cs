using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>Towers of a dual encoder.</summary>
[Flags]
public enum Towers
{
    /// <summary>Image encoder and its projection.</summary>
    Image = 1,

    /// <summary>Text encoder and its projection.</summary>
    Text = 2,

    /// <summary>Both, and the logit scale that goes with the pair.</summary>
    Both = 3,
}

/// <summary>What was, or would be, taken from a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Towers">How each wanted tower stands in it, for people.</param>
/// <param name="Taken">Parameters that it gives.</param>
/// <param name="Seeded">Parameters of the wanted towers that it does not give: they start from the seed.</param>
/// <param name="Unused">Its tensors that nothing was taken from.</param>
/// <param name="Notes">Sentences about what was changed or cannot be known.</param>
public sealed record ImportedWeights(
    string Path, IReadOnlyList<string> Towers, IReadOnlyList<string> Taken, IReadOnlyList<string> Seeded, IReadOnlyList<string> Unused,
    IReadOnlyList<string> Notes);

/// <summary>
/// Pre-trained towers from safetensors files of other programs: CLIP (OpenAI, open_clip, transformers) and BERT (transformers).
/// Half precision is widened, positions of an image tower are resized to the model's grid, those of a text tower cut to its length.
/// </summary>
public static partial class WeightImport
{
    private const int HeadWidth = 64;

    /// <summary>What <see cref="Read"/> would do, from the file's header and what kind of pooler it has.</summary>
    /// <exception cref="InvalidDataException">As of <see cref="Read"/>.</exception>
    public static ImportedWeights Check(string path, Towers towers, ModelConfig config)
    {
        using var file = WeightFile.Open(path);
        return new Plan(file, towers, config).Report;
    }

    /// <summary>Puts what a file has of the wanted towers into a model's parameters; the others stay as they are.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="towers">What is wanted of it.</param>
    /// <param name="config">Sizes of the model.</param>
    /// <param name="layout">Of <paramref name="values"/>.</param>
    /// <param name="values">[layout.Length].</param>
    /// <exception cref="InvalidDataException">
    /// The file is a pickle, torn, or does not fit the model: one line that names every tensor that is missing or has another
    /// shape. Nothing was changed.
    /// </exception>
    public static ImportedWeights Read(string path, Towers towers, ModelConfig config, ParameterLayout layout, Span<float> values)
    {
        using var file = WeightFile.Open(path);
        var plan = new Plan(file, towers, config);
        foreach (var link in plan.Links)
        {
            var slot = layout[link.Parameter];
            Fill(file, link, slot.Spec.Shape, values.Slice((int)slot.Offset, (int)slot.Spec.Length));
        }

        return plan.Report;
    }

    private static void Fill(WeightFile file, WeightLink link, long[] shape, Span<float> target)
    {
        switch (link.Kind)
        {
            case LinkKind.Copy or LinkKind.Rows:
                foreach (var key in link.Keys)
                {
                    var part = file.Read(key);
                    part.CopyTo(target);
                    target = target[part.Length..];
                }

                break;
            case LinkKind.Transposed:
                Transpose(file.Read(link.Keys[0]), (int)shape[1], (int)shape[0], target);
                TensorPrimitives.Multiply(target, link.Scale, target);
                break;
            case LinkKind.Positions:
                file.Read(link.Keys[0]).AsSpan(0, target.Length).CopyTo(target);
                break;
            case LinkKind.Grid:
                var from = file.Read(link.Keys[0]);
                var (grid, newGrid) = (Plan.GridOf(file.ShapeOf(link.Keys[0])![0]), Plan.GridOf(shape[0]));
                if (grid == newGrid)
                {
                    from.CopyTo(target);
                }
                else
                {
                    PositionGrid.Resize(from, grid, target, newGrid, (int)shape[1]);
                }

                break;
        }
    }

    /// <summary>[rows, columns] to [columns, rows].</summary>
    internal static void Transpose(ReadOnlySpan<float> from, int rows, int columns, Span<float> to)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                to[(column * rows) + row] = from[(row * columns) + column];
            }
        }
    }

    /// <summary>Names with their numbers left out, so that a tensor of every block is told once.</summary>
    /// <returns>Each name, and how many of it.</returns>
    public static IReadOnlyList<(string Name, int Count)> Grouped(IEnumerable<string> names) =>
        [.. names.GroupBy(PatternOf, StringComparer.Ordinal).Select(group => (group.Count() == 1 ? group.First() : group.Key, group.Count()))];

    internal static string PatternOf(string name) => Numbers().Replace(name, ".N.");

    private static string Listed(IEnumerable<string> names) =>
        string.Join(", ", Grouped(names).Select(group => group.Count == 1 ? group.Name : $"{group.Name} ({group.Count})"));

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex Numbers();

    /// <summary>What is taken from where; made from the file's header alone.</summary>
    private sealed class Plan
    {
        private readonly WeightFile _file;
        private readonly ModelConfig _config;
        private readonly ParameterLayout _layout;
        private readonly List<string> _notes = [];

        public Plan(WeightFile file, Towers towers, ModelConfig config)
        {
            (_file, _config, _layout) = (file, config, DualEncoder.LayoutOf(config));
            var found = new List<TowerLayout>();
            if (towers.HasFlag(Towers.Image))
            {
                found.Add(TowerLayout.Image(file.Keys, config, file.Path));
                Hint("image tower", config.VisionActivation, config.VisionHeads, config.VisionWidth, "vision", WeightHints.Image(file.Path));
            }

            if (towers.HasFlag(Towers.Text))
            {
                found.Add(TowerLayout.Text(file, config));
                Hint("text tower", config.TextActivation, config.TextHeads, config.TextWidth, "text", WeightHints.Text(file.Path));
            }

            if (towers == Towers.Both)
            {
                found.Add(new TowerLayout("", [new WeightLink(DualEncoder.LogitScaleName, LinkKind.Copy, DualEncoder.LogitScaleName) { Optional = true }]));
            }

            var links = found.SelectMany(tower => tower.Links).ToList();
            Links = Choose(links);
            var taken = Links.SelectMany(link => link.Keys).ToHashSet(StringComparer.Ordinal);
            var unused = file.Keys.Where(key => !taken.Contains(key)).Order(StringComparer.Ordinal).ToList();
            RefuseDeeper(taken, unused);
            Report = new ImportedWeights(
                file.Path,
                [.. found.Select(tower => tower.Name).Where(name => name.Length > 0)],
                [.. Links.Select(link => link.Parameter)],
                [.. Wanted(towers).Except(Links.Select(link => link.Parameter))],
                [.. unused.Select(file.NameOf)],
                _notes);
        }

        public IReadOnlyList<WeightLink> Links { get; }

        public ImportedWeights Report { get; }

        /// <summary>n of 1 + n·n positions; 0: there is no such n.</summary>
        public static int GridOf(long positions)
        {
            var grid = (int)Math.Round(Math.Sqrt(positions - 1));
            return positions > 1 && ((long)grid * grid) + 1 == positions ? grid : 0;
        }

        private IEnumerable<string> Wanted(Towers towers) => _layout.Slots.Select(slot => slot.Spec.Name).Where(name =>
            (towers.HasFlag(Towers.Image) && name.StartsWith("visual.", StringComparison.Ordinal))
            || (towers.HasFlag(Towers.Text) && (name.StartsWith("text.", StringComparison.Ordinal)
                || (_config.TextLayout == "bert" && name.StartsWith("mlm_head.", StringComparison.Ordinal))))
            || (towers == Towers.Both && name == DualEncoder.LogitScaleName));

        private List<WeightLink> Choose(IReadOnlyList<WeightLink> links)
        {
            var (chosen, missing, misshapen) = (new List<WeightLink>(), new List<string>(), new List<string>());
            foreach (var link in links)
            {
                var lacking = link.Keys.Where(key => _file.ShapeOf(key) is null).ToList();
                if (lacking.Count > 0)
                {
                    missing.AddRange(link.Optional ? [] : lacking);
                    continue;
                }

                var wrong = link.Keys.Select(key => Misfit(link, key)).FirstOrDefault(problem => problem is not null);
                if (wrong is null)
                {
                    chosen.Add(link);
                }
                else if (link.Optional)
                {
                    _notes.Add($"{wrong}: {link.Parameter} starts from the seed");
                }
                else
                {
                    misshapen.Add(wrong);
                }
            }

            if (missing.Count + misshapen.Count > 0)
            {
                string[] problems = [.. missing.Count > 0 ? [$"missing: {Listed(missing)}"] : Array.Empty<string>(), .. misshapen.Count > 0
                    ? [$"of another shape: {string.Join("; ", misshapen.Take(8))}{(misshapen.Count > 8 ? $"; and {misshapen.Count - 8} more" : "")}"]
                        : Array.Empty<string>()];
                throw new InvalidDataException($"{_file.Path}: does not fit this model; {string.Join("; ", problems)}.");
            }

            return chosen;
        }

        private string? Misfit(WeightLink link, string key)
        {
            var (there, here) = (_file.ShapeOf(key)!, _layout[link.Parameter].Spec.Shape);
            long[] expected = link.Kind switch
            {
                LinkKind.Rows => [here[0] / link.Keys.Length, .. here[1..]],
                LinkKind.Transposed => [here[1], here[0]],
                _ => here,
            };
            var fits = link.Kind switch
            {
                LinkKind.Grid => there.Length == 2 && there[1] == here[1] && GridOf(there[0]) > 0,
                LinkKind.Positions => there.Length == 2 && there[1] == here[1] && there[0] >= here[0],
                _ when link.Parameter == DualEncoder.LogitScaleName => there.Aggregate(1L, (product, size) => product * size) == 1,
                _ => there.AsSpan().SequenceEqual(expected),
            };
            if (!fits)
            {
                var hint = (link.Kind, link.Parameter) switch
                {
                    (LinkKind.Positions, _) when there.Length == 2 && there[0] < here[0] => $" (data.contextLength may be {there[0]} at most)",
                    (_, "text.token_embedding.weight") => " (data.vocabulary must be the one that belongs to these weights)",
                    _ => "",
                };
                return $"\"{_file.NameOf(key)}\" is [{string.Join(", ", there)}], expected [{string.Join(", ", expected)}]{hint}";
            }

            if (!_file.IsFloating(key))
            {
                return $"\"{_file.NameOf(key)}\" is {_file.TypeOf(key)}, expected floating-point numbers";
            }

            if (link.Kind == LinkKind.Grid && there[0] != here[0])
            {
                _notes.Add($"positions of {GridOf(there[0])} x {GridOf(there[0])} patches are resized to {_config.Grid} x {_config.Grid}");
            }
            else if (link.Kind == LinkKind.Positions && there[0] != here[0])
            {
                _notes.Add($"the first {here[0]} of {there[0]} text positions are taken");
            }

            return null;
        }

        /// <summary>Blocks that the model does not have must not be dropped in silence.</summary>
        private void RefuseDeeper(HashSet<string> taken, IReadOnlyList<string> unused)
        {
            var patterns = taken.Select(PatternOf).Where(pattern => pattern.Contains(".N.", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
            var deeper = unused.Where(key => patterns.Contains(PatternOf(key))).ToList();
            if (deeper.Count > 0)
            {
                throw new InvalidDataException($"{_file.Path}: has more blocks than this model; left over would be {Listed(deeper.Select(_file.NameOf))}.");
            }
        }

        private void Hint(string tower, string activation, int heads, int width, string section, TowerHint? hint)
        {
            if (hint is null)
            {
                _notes.Add($"the {tower}'s activation and heads stand in no config file beside it; taken to be {activation} and {heads} "
                    + $"heads{(heads * HeadWidth == width ? "" : $", though such weights have heads of {HeadWidth}")}");
                return;
            }

            if (hint.Activation is { } there && there != activation)
            {
                throw new InvalidDataException($"{_file.Path}: {hint.File} beside it says that the {tower} was trained with {there}; this model has "
                    + $"{activation}: set model.{section}Activation to {there}.");
            }

            if (hint.Heads is { } count && count != heads)
            {
                throw new InvalidDataException($"{_file.Path}: {hint.File} beside it says that the {tower} has {count} heads; this model has {heads}: set "
                    + $"model.{section}Heads to {count}.");
            }
        }
    }
}
