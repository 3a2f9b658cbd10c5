namespace TiMix.Learning.Objectives;

/// <summary>What of a text is given.</summary>
public enum PrefixMode
{
    /// <summary>Of n words 0 to n-1, each number as likely: pre-training.</summary>
    Random,

    /// <summary>Nothing: captioning.</summary>
    Empty,

    /// <summary>What stands before the first [SEP]; what stands between it and the second is to be written: questions and answers.</summary>
    First,
}
