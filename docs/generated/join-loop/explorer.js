document.currentScript.parentElement.show({"threads":[
"main thread",
"0",
"1",
"2"
],
"lines":[
{"thread":0,"text":"main thread start"},
{"thread":0,"text":"main thread post job"},
{"thread":0,"text":"main thread end"},
{"thread":1,"text":"sub thread start  0"},
{"thread":1,"text":"sub thread end  0"},
{"thread":2,"text":"sub thread start  1"},
{"thread":2,"text":"sub thread end  1"},
{"thread":3,"text":"sub thread start  2"},
{"thread":3,"text":"sub thread end  2"}
],
"first":21,
"listing":[
"fn lesson(main_thread: &MainThread) -> Result<(), Error> {",
"    main_thread.print(\"main thread start\")?;",
"",
"    let mut handles = Vec::new();",
"    for n in 0..WORKERS {",
"        let worker = Worker::new(n.to_string(), || sleep(WORK));",
"        handles.push(main_thread.start(worker)?);",
"    }",
"    for handle in handles {",
"        handle.join()?;",
"    }",
"",
"    main_thread.print(\"main thread post job\")?;",
"    main_thread.print(\"main thread end\")",
"}"
],
"challenges":[
{"line":4,"before":7},
{"line":1,"before":4,"forbidden":{"state":14,"thread":0}}
],
"questions":[
[0, 3, 5, 7, 6, 4, 1, 8, 2],
[0, 3, 4, 5, 6, 7, 8, 1, 2],
[0, 3, 5, 7, 6, 4, 1, 2],
[0, 3, 5, 7, 8, 6, 4, 1, 2]
],
"states":[
{"left":"15","likely":"6","threads":[{"at":22,"to":1,"line":0},{"at":27,"wait":"toBeStarted","for":0},{"at":27,"wait":"toBeStarted","for":0},{"at":27,"wait":"toBeStarted","for":0}]},
{"left":"15","likely":"6","threads":[{"at":27,"wait":"start","for":3},{"at":27,"to":2,"line":3},{"at":27,"wait":"toBeStarted","for":0},{"at":27,"wait":"toBeStarted","for":0}]},
{"left":"15","likely":"6","threads":[{"at":27,"wait":"start","for":5},{"at":26,"to":3,"line":4,"unlikely":{"why":"follows","line":7}},{"at":27,"to":4,"line":5},{"at":27,"wait":"toBeStarted","for":0}]},
{"left":"3","likely":"2","threads":[{"at":27,"wait":"start","for":5},{"at":26,"wait":"ended"},{"at":27,"to":5,"line":5},{"at":27,"wait":"toBeStarted","for":0}]},
{"left":"12","likely":"6","threads":[{"at":27,"wait":"start","for":7},{"at":26,"to":5,"line":4,"unlikely":{"why":"follows","line":7}},{"at":26,"to":6,"line":6,"unlikely":{"why":"follows","line":7}},{"at":27,"to":7,"line":7}]},
{"left":"3","likely":"2","threads":[{"at":27,"wait":"start","for":7},{"at":26,"wait":"ended"},{"at":26,"to":8,"line":6,"unlikely":{"why":"follows","line":7}},{"at":27,"to":9,"line":7}]},
{"left":"3","likely":"2","threads":[{"at":27,"wait":"start","for":7},{"at":26,"to":8,"line":4,"unlikely":{"why":"follows","line":7}},{"at":26,"wait":"ended"},{"at":27,"to":10,"line":7}]},
{"left":"6","likely":"6","threads":[{"at":30,"wait":"join","for":4},{"at":26,"to":9,"line":4},{"at":26,"to":10,"line":6},{"at":26,"to":11,"line":8}]},
{"left":"1","likely":"1","threads":[{"at":27,"wait":"start","for":7},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"},{"at":27,"to":12,"line":7}]},
{"left":"2","likely":"2","threads":[{"at":30,"wait":"join","for":6},{"at":26,"wait":"ended"},{"at":26,"to":12,"line":6},{"at":26,"to":13,"line":8}]},
{"left":"2","likely":"2","threads":[{"at":30,"wait":"join","for":4},{"at":26,"to":12,"line":4},{"at":26,"wait":"ended"},{"at":26,"to":14,"line":8}]},
{"left":"2","likely":"2","threads":[{"at":30,"wait":"join","for":4},{"at":26,"to":13,"line":4},{"at":26,"to":14,"line":6},{"at":26,"wait":"ended"}]},
{"left":"1","likely":"1","threads":[{"at":30,"wait":"join","for":8},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"},{"at":26,"to":15,"line":8}]},
{"left":"1","likely":"1","threads":[{"at":30,"wait":"join","for":6},{"at":26,"wait":"ended"},{"at":26,"to":15,"line":6},{"at":26,"wait":"ended"}]},
{"left":"1","likely":"1","threads":[{"at":30,"wait":"join","for":4},{"at":26,"to":15,"line":4},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"}]},
{"left":"1","likely":"1","threads":[{"at":33,"to":16,"line":1},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"}]},
{"left":"1","likely":"1","threads":[{"at":34,"to":17,"line":2},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"}]},
{"left":"1","likely":"1","over":true,"threads":[{"at":34,"wait":"ended"},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"},{"at":26,"wait":"ended"}]}
]});
