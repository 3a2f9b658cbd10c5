namespace TiMix.Data;

/// <summary>A rectangle in pixels; X and Y are the left upper corner.</summary>
public readonly record struct Box(float X, float Y, float Width, float Height);

/// <summary>Width and height of a picture in pixels.</summary>
public readonly record struct PictureSize(float Width, float Height);

/// <summary>A part of a picture and the words that describe it.</summary>
/// <param name="Box">In pixels of the picture as stored, unless <see cref="Of"/> says otherwise.</param>
/// <param name="Phrase">As written in the data, not yet cleaned.</param>
public sealed record Region(Box Box, string Phrase)
{
    /// <summary>The size of the picture that the box was drawn on, where the data say it; null: as it is stored.</summary>
    public PictureSize? Of { get; init; }
}

/// <summary>A question about a picture.</summary>
/// <param name="Text">As written in the data, not yet cleaned.</param>
/// <param name="Answers">What people answered, one each; one at least. VQA v2 has ten.</param>
public sealed record Question(string Text, IReadOnlyList<string> Answers);

/// <summary>One sample as stored: nothing decoded, nothing cleaned.</summary>
/// <param name="Key">Its path in the shard up to the first dot of the file name.</param>
/// <param name="Image">The encoded picture; empty if the shard has none for this key.</param>
/// <param name="Captions">The captions, in stored order; empty if the shard has none for this key.</param>
/// <param name="Regions">Parts of the picture with phrases, in stored order; may be empty.</param>
public sealed record RawSample(string Key, byte[] Image, IReadOnlyList<string> Captions, IReadOnlyList<Region> Regions)
{
    /// <summary>The first caption; empty if there is none.</summary>
    public string Caption => Captions.Count > 0 ? Captions[0] : "";

    /// <summary>Questions about the picture, in stored order; may be empty.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];

    /// <summary>What of its json was not as it should be and is left out, a line each; the rest is used.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>Data or settings of the user's cannot be used. The message is one line for the user: what, where, what would be right.</summary>
public sealed class DataException(string message) : Exception(message);

/// <summary>One sample cannot be used; the message is the reason. It is replaced or skipped, and reported.</summary>
public sealed class SampleException(string reason) : Exception(reason);

/// <summary>Something wrong in the data that was worked around.</summary>
/// <param name="Where">File, or file and key.</param>
/// <param name="What">What is wrong, and what was done about it.</param>
public sealed record DataProblem(string Where, string What)
{
    /// <summary>Files that are whole and yet not used; 0: it is about something else.</summary>
    public int Unused { get; init; }
}
