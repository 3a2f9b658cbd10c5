using System.Globalization;
using TiMix.Data.Shards;

namespace TiMix.Data.Formats;

/// <summary>How large a shard becomes: so many samples, or so many bytes.</summary>
/// <param name="Samples">Most samples; null: no limit.</param>
/// <param name="Bytes">Most bytes, unless a single sample is larger; null: no limit.</param>
public readonly record struct ShardSize(int? Samples, long? Bytes)
{
    /// <summary>Reads "1000" (samples), "256MB" or "1GB".</summary>
    /// <exception cref="DataException">It is neither.</exception>
    public static ShardSize Parse(string text)
    {
        var unit = text.EndsWith("MB", StringComparison.OrdinalIgnoreCase)
            ? 1_000_000L
            : text.EndsWith("GB", StringComparison.OrdinalIgnoreCase) ? 1_000_000_000L
            : 0;
        var number = unit > 0 ? text[..^2].TrimEnd() : text;
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < 1)
        {
            throw new DataException($"--shard-size \"{text}\" is no size; right would be a number of samples such as 1000, or 256MB or 1GB.");
        }

        return unit > 0 ? new ShardSize(null, value * unit) : new ShardSize(value, null);
    }
}

/// <summary>What is packed and where to.</summary>
public sealed record PackOptions
{
    /// <summary>The shards that are written.</summary>
    public required ShardPattern Output { get; init; }

    /// <summary>How large they become. 1,000 samples by default.</summary>
    public ShardSize ShardSize { get; init; } = new(1000, null);

    /// <summary>Only the first caption of each picture.</summary>
    public bool FirstCaptionOnly { get; init; }

    /// <summary>Replace shards that are there: all that have a name of the pattern, also those with numbers that are no longer needed.</summary>
    public bool Force { get; init; }
}

/// <summary>What was packed.</summary>
/// <param name="Shards">Files.</param>
/// <param name="Pattern">That reads them.</param>
/// <param name="Pictures">Samples.</param>
/// <param name="Captions">Of all samples.</param>
/// <param name="Regions">Of all samples.</param>
/// <param name="Bytes">Of all files.</param>
public sealed record PackSummary(int Shards, string Pattern, int Pictures, long Captions, long Regions, long Bytes);
